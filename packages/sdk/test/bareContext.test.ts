/** The built client where there is nothing but what React Native gives: no Node, no page, no streams, and signals as its polyfill has them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { fileURLToPath } from "node:url"
import { createContext, runInContext } from "node:vm"
import { build } from "vite"
import { freshDatabase } from "../../../test/support/freshDatabase.ts"
import { startParley } from "../../cli/test/e2e/support/startParley.ts"
import { startOpenaiWire } from "../../providers/test/wire/openaiWire.ts"
import { answer } from "../../providers/test/wire/WireServer.ts"

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const builtClient = async (): Promise<string> => {
  const built = await build({
    root: file(".."),
    configFile: false,
    logLevel: "silent",
    build: { write: false, lib: { entry: file("../src/sdk.ts"), formats: ["iife"], name: "sdk" }, target: "es2022" }
  })
  const [first] = Array.isArray(built) ? built : [built]
  if (first === undefined || !("output" in first)) throw new Error("nothing was built")
  return first.output[0].code
}

/** What it needs of the outside; the language itself is the context's own. */
const surroundings = (sockets: Array<WebSocket>) => ({
  fetch: async (url: string, init: { readonly signal?: unknown } & RequestInit) => {
    const { signal: _, ...rest } = init
    const response = await fetch(url, rest)
    return { ok: response.ok, status: response.status, headers: response.headers, text: () => response.text() }
  },
  WebSocket: class extends WebSocket {
    constructor(url: string, protocols: Array<string>) {
      super(url, protocols)
      sockets.push(this)
    }
  },
  AbortController: class {
    signal = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} }
    abort(): void {
      this.signal.aborted = true
    }
  },
  setTimeout,
  clearTimeout
})

const program = `(async (url, apiKey, cut) => {
  const client = sdk.createClient({ url, apiKey, limits: { firstPauseMs: 1 } })
  const { id } = await client.conversations.create({ model: "openai/gpt-5" }, { signal: new AbortController().signal })
  const chat = client.conversation(id)
  const ask = async (text) => {
    const { run } = await chat.send(text).accepted()
    let told = "", parts = 0
    for await (const text of run.texts()) { told = text; if (++parts === 1) cut() }
    return told
  }
  const answers = [await ask("One"), await ask("Two")]
  const stopped = new AbortController()
  stopped.abort()
  const refused = await client.conversations.get({ id }, { signal: stopped.signal }).then(() => "answered", (error) => error.name)
  client.close()
  return JSON.stringify({ answers, refused })
})`

describe("the client in React Native's surroundings", () => {
  it.live("sends, streams, connects again in the middle of an answer, and gives up what its caller gave up", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      wire.enqueue(answer(["First ", "half, ", "whole."], { holdAfter: 1 }), answer("Again."))
      yield* Effect.promise(async () => {
        const sockets: Array<WebSocket> = []
        const context = createContext(surroundings(sockets))
        runInContext(await builtClient(), context)
        let cuts = 0
        const cut = (): void => {
          if (cuts++ > 0) return
          sockets.at(-1)?.close()
          void Effect.runPromise(wire.received(0)).then((request) => request.release())
        }
        const told = JSON.parse(await runInContext(program, context)(parley.url, parley.key, cut))
        assert.deepStrictEqual(told, { answers: ["First half, whole.", "Again."], refused: "AbortError" })
        assert.isAtLeast(sockets.length, 2)
      })
    })
  )
})
