/** A Parley of one's own, over the demonstration's providers or over none, which is the Demo provider: its database in a folder that goes with it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, chmodSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { programFlags } from "../../../infra/programFlags.mjs"
import { models, type DemoProvider } from "./provider.ts"

export const administratorKey = "pk_demo_0123456789abcdefghijklmnopqrstuvwxyz"

export interface DemoServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

const program = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url))

export const startServer = async (provider?: DemoProvider): Promise<DemoServer> => {
  const folder = mkdtempSync(join(tmpdir(), "parley-demo-"))
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711)
  const file = join(folder, "parley.config.json")
  writeFileSync(file, JSON.stringify(provider === undefined ? {} : configOver(provider)))
  const child = spawn(process.execPath, [...programFlags, program, "serve"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      PARLEY_PORT: "0",
      PARLEY_DATA_DIR: join(folder, "data"),
      PARLEY_CONFIG_FILE: file,
      PARLEY_BOOTSTRAP_API_KEY: administratorKey,
      PARLEY_LOG_FORMAT: "json"
    },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ended = once(child, "exit")
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM")
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = /"address":"(http:[^"]+)"/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const url = await Promise.race([ready, ended.then(() => undefined)])
  if (url !== undefined) return { url, stop }
  await stop()
  throw new Error("Parley ended before it was ready; what it said is above")
}

/** `best` goes on with the second where the first breaks off. */
export const configOver = (provider: DemoProvider): object => {
  const [one, two] = [`one/${models.one}`, `two/${models.two}`]
  return {
    providers: {
      one: { kind: "openai-compatible", baseUrl: provider.baseUrl("one") },
      two: { kind: "openai-compatible", baseUrl: provider.baseUrl("two") }
    },
    routes: { best: { targets: [{ model: one }, { model: two }], retry: { attempts: 2, baseMs: 1 } } },
    models: { [one]: { price: { input: 1.25, output: 10 } }, [two]: { price: { input: 0.25, output: 2 } } }
  }
}
