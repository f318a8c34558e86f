import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterEach, assert, describe, it } from "@effect/vitest"

const script = fileURLToPath(new URL("support/startingScript.mjs", import.meta.url))

let started: ChildProcess | undefined
afterEach(() => started?.kill("SIGKILL"))

/** The starting script as the leader of a process group, as npm is in a terminal's foreground. */
const start = async () => {
  const child = spawn(process.execPath, [script], { detached: true, stdio: ["ignore", "pipe", "inherit"] })
  started = child
  const exit = once(child, "exit")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async () => String((await lines.next()).value)
  const server = Number(await nextLine())
  const pid = child.pid ?? 0
  return {
    nextLine,
    server,
    exitCode: async () => (await exit)[0],
    toScript: (signal: NodeJS.Signals) => process.kill(pid, signal),
    toGroup: (signal: NodeJS.Signals) => process.kill(-pid, signal)
  }
}

describe("a started server", () => {
  it("gets a signal once that was sent to the script's whole group and forwarded by npm too", async () => {
    const run = await start()
    run.toGroup("SIGINT")
    run.toScript("SIGINT")
    assert.strictEqual(await run.nextLine(), "SIGINT")
    run.toScript("SIGTERM")
    assert.strictEqual(await run.nextLine(), "SIGTERM")
    assert.strictEqual(await run.exitCode(), 7)
  })

  it("is asked to stop when the terminal closes", async () => {
    const run = await start()
    run.toGroup("SIGHUP")
    assert.strictEqual(await run.nextLine(), "SIGTERM")
    assert.strictEqual(await run.exitCode(), 7)
  })

  it("does not outlive a script that was killed", async () => {
    const run = await start()
    run.toScript("SIGKILL")
    // The end of its output is the end of the server: it holds the other end of the pipe.
    assert.strictEqual(await run.nextLine(), "undefined")
  })
})
