/**
 * The built client where there is nothing but what React Native gives: no Node, no page, no streams, signals as its polyfill has them, and of the language
 * what phones have that are a few years old: of ES2022 no `at`.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { createContext, runInContext } from "node:vm"
import { freshDatabase } from "../../../test/support/freshDatabase.ts"
import { startParley, type Parley } from "../../cli/test/e2e/support/startParley.ts"
import { startOpenaiWire } from "../../providers/test/wire/openaiWire.ts"
import { answer, type WireServer } from "../../providers/test/wire/WireServer.ts"
import { bundle, exampleOf } from "./support/bundle.ts"

/** The client with the README's example of React Native, in which this server stands for the one that it names. */
const builtClient = async (serverUrl: string): Promise<string> => {
  const program = `export * from "@parley/sdk"; export { nativeClient } from ${exampleOf("reactNative")}`
  const modules = { "react-native": "export const { AppState } = globalThis" }
  return (await bundle(program, { serverUrl, modules, global: "sdk" })).code
}

/** Where nobody answers. */
const nowhere = "ws://127.0.0.1:9"

/** What it needs of the outside; the language itself is the context's own. */
const surroundings = (sockets: Array<WebSocket>, network = { isThere: true }) => ({
  Blob,
  fetch: async (url: string, init: { readonly signal?: unknown } & RequestInit) => {
    if (!network.isThere) throw new TypeError("Network request failed")
    const { signal: _, ...rest } = init
    const response = await fetch(url, rest)
    return { ok: response.ok, status: response.status, headers: response.headers, text: () => response.text() }
  },
  WebSocket: class extends WebSocket {
    constructor(url: string, protocols: Array<string>) {
      super(network.isThere ? url : nowhere, protocols)
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

/** React Native's own, and a clock on which no pause is over before the test is: only what AppState says makes the client try again. */
const appSurroundings = (network: { isThere: boolean }) => {
  const listeners = new Set<(state: string) => void>()
  const AppState = {
    addEventListener: (_type: string, listener: (state: string) => void) => {
      listeners.add(listener)
      return { remove: () => void listeners.delete(listener) }
    }
  }
  return { ...surroundings([], network), setTimeout: () => 0, clearTimeout: () => {}, AppState, listeners }
}

/** What came after ES2021 is taken away, but for `cause` and `Object.hasOwn`: Node 18 and older engines of phones lack much of it. Gives back what of it is still there. */
const withoutNewer = `(() => {
  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))
  const typedArrays = Object.getPrototypeOf(Uint8Array)
  const newer = [
    [globalThis, ["Iterator", "Float16Array", "DisposableStack", "AsyncDisposableStack", "SuppressedError", "Temporal"]],
    [Array, ["fromAsync"]],
    [Array.prototype, ["at", "findLast", "findLastIndex", "toReversed", "toSorted", "toSpliced", "with"]],
    [typedArrays.prototype, ["at", "findLast", "findLastIndex", "toReversed", "toSorted", "with"]],
    [Uint8Array, ["fromBase64", "fromHex"]],
    [Uint8Array.prototype, ["toBase64", "toHex", "setFromBase64", "setFromHex"]],
    [ArrayBuffer.prototype, ["resize", "resizable", "maxByteLength", "transfer", "transferToFixedLength", "detached"]],
    [Object, ["groupBy"]],
    [Map, ["groupBy"]],
    [Map.prototype, ["getOrInsert", "getOrInsertComputed"]],
    [WeakMap.prototype, ["getOrInsert", "getOrInsertComputed"]],
    [Set.prototype, ["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"]],
    [Promise, ["withResolvers", "try"]],
    [String.prototype, ["at", "isWellFormed", "toWellFormed"]],
    [RegExp, ["escape"]],
    [Error, ["isError"]],
    [Math, ["f16round", "sumPrecise"]],
    [JSON, ["rawJSON", "isRawJSON"]],
    [iterators, Object.getOwnPropertyNames(iterators).filter((name) => name !== "constructor")],
    [Symbol, ["dispose", "asyncDispose"]]
  ]
  for (const [holder, names] of newer) for (const name of names) Reflect.deleteProperty(holder, name)
  return newer.flatMap(([holder, names]) => names.filter((name) => name in holder)).join()
})()`

const program = `(async (url, apiKey, cut) => {
  const errors = []
  const onError = (error) => void errors.push(String(error))
  const client = sdk.createClient({ url, apiKey, onError, limits: { firstPauseMs: 1 } })
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
  return JSON.stringify({ answers, refused, errors })
})`

/**
 * An app with the README's client, begun without a network, closed, and opened again: what was written waits in a storage of texts, such as AsyncStorage
 * is.
 */
const appProgram = `(async (_url, apiKey, network) => {
  const texts = new Map()
  const AsyncStorage = {
    getAllKeys: async () => [...texts.keys()],
    multiGet: async (keys) => keys.map((key) => [key, texts.get(key) ?? null]),
    setItem: async (key, text) => void texts.set(key, text),
    removeItem: async (key) => void texts.delete(key)
  }
  const prefix = "outbox/"
  const outbox = {
    load: async () => {
      const keys = (await AsyncStorage.getAllKeys()).filter((key) => key.startsWith(prefix))
      return (await AsyncStorage.multiGet(keys)).map(([, text]) => JSON.parse(text))
    },
    put: (item) => AsyncStorage.setItem(prefix + item.clientMessageId, JSON.stringify(item)),
    remove: (id) => AsyncStorage.removeItem(prefix + id)
  }
  const open = () => sdk.nativeClient(apiKey, outbox)
  const where = (store, isTrue) => new Promise((resolve) => {
    const look = () => { if (isTrue(store.getSnapshot())) { stop(); resolve() } }
    const stop = store.subscribe(look)
    look()
  })
  const isAnswered = (count) => ({ messages }) => messages.length === count && messages[count - 1].status === "complete"

  network.isThere = false
  const first = open()
  const begun = first.begin({ model: "openai/gpt-5", title: "On the train" })
  begun.send("Written in a tunnel")
  await where(first.connection, ({ retryAtMs }) => retryAtMs !== null)
  const { id } = begun
  first.close()
  const kept = texts.size

  const second = open()
  const chat = second.conversation(id)
  await where(second.connection, ({ retryAtMs }) => retryAtMs !== null)
  network.isThere = true
  for (const listener of listeners) listener("background")
  for (const listener of listeners) listener("active")
  await where(chat, isAnswered(2))
  const part = await second.upload({ conversationId: id, name: "note.txt", content: new Blob(["Green tea, three minutes."]) })
  await chat.send([{ type: "text", text: "What does it say?" }, part]).accepted()
  await where(chat, isAnswered(4))
  const told = {
    kept,
    left: texts.size,
    file: [part.name, part.contentType, part.bytes],
    said: chat.messages.map(({ content }) => sdk.textOf(content))
  }
  second.close()
  return JSON.stringify({ ...told, listening: listeners.size })
})`

/** One server, and one build of the client, for both. */
class Bare extends Context.Service<Bare, { readonly wire: WireServer; readonly parley: Parley; readonly code: string }>()(
  "@parley/sdk/test/Bare"
) {
  static readonly layer = Layer.effect(
    Bare,
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      return { wire, parley, code: yield* Effect.promise(() => builtClient(parley.url)) }
    })
  )
}

/** The server, with a provider that heard nothing yet, and what runs a program in surroundings with the client. */
const opened = Effect.gen(function* () {
  const { code, parley, wire } = yield* Bare
  wire.forget()
  const run = async (text: string, around: object, last: unknown): Promise<unknown> => {
    const context = createContext(around)
    assert.strictEqual(runInContext(withoutNewer, context), "")
    runInContext(code, context)
    return JSON.parse(await runInContext(text, context)(parley.url, parley.key, last))
  }
  return { wire, run }
})

describe("the client in React Native's surroundings", () => {
  layer(Bare.layer, { excludeTestServices: true })((it) => {
    it.effect("sends, streams, connects again in the middle of an answer, and gives up what its caller gave up", () =>
      Effect.gen(function* () {
        const { run, wire } = yield* opened
        wire.enqueue(answer(["First ", "half, ", "whole."], { holdAfter: 1 }), answer("Again."))
        const sockets: Array<WebSocket> = []
        let cuts = 0
        const cut = (): void => {
          if (cuts++ > 0) return
          sockets.at(-1)?.close()
          void Effect.runPromise(wire.received(0)).then((request) => request.release())
        }
        const told = yield* Effect.promise(() => run(program, surroundings(sockets), cut))
        assert.deepStrictEqual(told, { answers: ["First half, whole.", "Again."], refused: "AbortError", errors: [] })
        assert.isAtLeast(sockets.length, 2)
      })
    )

    it.effect(
      "as the README has it keeps what was written in a storage of texts, comes back when the app is in front again, and brings a file",
      () =>
        Effect.gen(function* () {
          const { run, wire } = yield* opened
          wire.enqueue(answer("Good journey."), answer("Three minutes."))
          const network = { isThere: true }
          const told = yield* Effect.promise(() => run(appProgram, appSurroundings(network), network))
          assert.deepStrictEqual(told, {
            kept: 1,
            left: 0,
            file: ["note.txt", "text/plain", 25],
            said: ["Written in a tunnel", "Good journey.", "What does it say?", "Three minutes."],
            listening: 0
          })
          assert.include(JSON.stringify((yield* wire.received(1)).body), "Green tea, three minutes.")
        })
    )
  })
})
