/** The library as a program outside this repository has it: packed, installed without a network, checked and run with nothing else there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startParley } from "../../../cli/test/e2e/support/startParley.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { buildPackage } from "../../build/buildPackage.ts"
import { bundle } from "../support/bundle.ts"
import { bundleBounds, gzippedBytes } from "../support/bundleBounds.ts"

const run = promisify(execFile)
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const compiler = file("../../../../node_modules/typescript/bin/tsc")

/** As the README has it: its examples, of which Node's is run; and what a program in TypeScript would say of it, where the compiler holds that what is wrong is refused. */
const program = `
import { createClient, createHttpApi, ParleyApiError, textOf } from "@parley/sdk"
import type { ChatState, Conversation, HttpApi, Message, OutboxStorage } from "@parley/sdk"
import { ask } from "./examples/node.js"

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_ extends true>(): void => {}
same<Equals<Conversation["id"], string>>()
same<Equals<Message["role"], "user" | "assistant" | "system">>()
same<Equals<Awaited<ReturnType<HttpApi["conversations"]["get"]>>, Conversation>>()
same<Equals<ChatState["messages"][number]["id"], string | null>>()

const [url = "", apiKey = ""] = process.argv.slice(2)
const { api } = createHttpApi({ url, apiKey })
const made: Conversation = await api.conversations.create({ model: "openai/gpt-5", parameters: { temperature: 0.5 } })
// @ts-expect-error a temperature is a number
const wrong = () => api.conversations.create({ parameters: { temperature: "hot" } })
// @ts-expect-error there is no such endpoint
const missing = () => api.conversations.rename({ id: made.id })

const unkept: OutboxStorage = { load: async () => [], put: async () => {}, remove: async () => {} }
const client = createClient({ url, apiKey, outbox: unkept })
const { run } = await client.conversation(made.id).send("What is it?").accepted()
const finished = await run?.finished()
const { items } = await api.conversations.messages({ id: made.id })
const code = await api.conversations.get({ id: "cnv_00000000000000000000000000" }).catch((error: unknown) =>
  error instanceof ParleyApiError ? error.code : String(error)
)
client.close()
const asked = await ask(url, apiKey, "openai/gpt-5", "And in words?")
const refused = await ask(url, apiKey, "none", "And in words?").catch(String)
process.stdout.write(JSON.stringify({ ended: finished?.terminal.type, said: items.map(({ content }) => textOf(content)), code, asked, refused }))
void [wrong, missing]
`

const config = (module: string, moduleResolution: string) => ({
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    module,
    moduleResolution,
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    // The library's own declarations are looked at too.
    skipLibCheck: false,
    outDir: "out",
    rootDir: "."
  },
  files: ["program.ts", "process.d.ts"],
  include: ["examples"]
})

const strangersProject = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "parley-stranger-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

describe("the packed library", () => {
  it.live("installs without a network, is checked strictly without anything of effect's, and runs against a server", () =>
    Effect.gen(function* () {
      const folder = yield* strangersProject
      const inFolder = { cwd: folder, env: { ...process.env, npm_config_update_notifier: "false" } }
      const said = yield* Effect.promise(async () => {
        await buildPackage(join(folder, "package"))
        await run("npm", ["pack", "./package", "--pack-destination", folder], inFolder)
        const archive = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? assert.fail("nothing was packed")
        await rm(join(folder, "package"), { recursive: true })
        await writeFile(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }))
        await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${archive}`], inFolder)
        assert.deepStrictEqual(
          (await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")),
          ["@parley"]
        )
        await writeFile(join(folder, "program.ts"), program)
        await cp(file("../../examples"), join(folder, "examples"), { recursive: true })
        await writeFile(
          join(folder, "process.d.ts"),
          "declare const process: { readonly argv: ReadonlyArray<string>; readonly stdout: { write(text: string): void } }\n"
        )
        for (const [module, resolution] of [
          ["ESNext", "Bundler"],
          ["NodeNext", "NodeNext"]
        ] as const) {
          await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config(module, resolution)))
          const checked = await run(process.execPath, [compiler, "-p", "."], inFolder).catch(
            (error: { readonly stdout: string }) => error
          )
          assert.strictEqual(checked.stdout, "")
        }
        // As small as bundles of the source: what a program does not use is left out of the one module, too.
        for (const { maxBytes, program } of Object.values(bundleBounds)) {
          const { code, modules } = await bundle(program, { root: folder, isInstalled: true })
          assert.include(modules.join(), join("node_modules", "@parley", "sdk", "sdk.js"))
          assert.isAtMost(gzippedBytes(code), maxBytes)
        }
        return join(folder, "out", "program.js")
      })
      const wire = yield* startOpenaiWire
      wire.enqueue(answer(["Forty", "-two"]), answer(["In ", "words."]))
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      const { stdout } = yield* Effect.promise(() => run(process.execPath, [said, parley.url, parley.key], inFolder))
      const { refused, ...told } = JSON.parse(stdout)
      assert.deepStrictEqual(told, {
        ended: "run-complete",
        said: ["What is it?", "Forty-two"],
        code: "not_found",
        asked: "In words."
      })
      assert.match(refused, /^Error: model_not_found: There is no model "none".* \(req_\w+\)$/)
    })
  )
})
