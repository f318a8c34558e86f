/** A stream of /v1/messages that is silent is kept open; a client that does not read holds its provider back, and nothing else. */
import { request as httpRequest, type IncomingMessage } from "node:http"
import { text as textOf } from "node:stream/consumers"
import { Deferred, Effect, Exit } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { keepAliveMs } from "../../src/anthropic/answerMessages.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { answerOf } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const path = "/v1/messages"
const body = JSON.stringify({ model: "demo/echo-1", max_tokens: 9, messages: [{ role: "user", content: "Hello" }], stream: true })
const piece = "x".repeat(16_384)
/** More than the kernel takes for a client that does not read. */
const mostPieces = 4_096
const control = { pause: () => {}, resume: () => {} }
const authorization = `Bearer ${doorKeys.member}`

describe.each(engines)("a stream of /v1/messages, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
  afterEach(() => void vi.useRealTimers())

  it("is kept open while it is silent, and has no timer left at its end", async () => {
    const asked = Deferred.makeUnsafe<void>()
    const gates = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()] as const
    doors.completions.script = (_request, sink) =>
      Effect.gen(function* () {
        Deferred.doneUnsafe(asked, Exit.void)
        yield* Deferred.await(gates[0])
        sink([{ type: "text-delta", text: "late" }], control)
        yield* Deferred.await(gates[1])
        return answerOf()
      })
    const answer = fetch(`${doors.url}${path}`, { method: "POST", headers: { authorization }, body })
    await Effect.runPromise(Deferred.await(asked))
    vi.advanceTimersByTime(keepAliveMs)
    const response = await answer
    Deferred.doneUnsafe(gates[0], Exit.void)
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
    const decoder = new TextDecoder()
    let text = ""
    const read = async () => {
      const { done, value } = await reader.read()
      text += decoder.decode(value, { stream: true })
      return done
    }
    while (!text.includes("late")) await read()
    vi.advanceTimersByTime(keepAliveMs)
    Deferred.doneUnsafe(gates[1], Exit.void)
    while (!(await read())) {
      // To its end.
    }
    expect(text.startsWith(": keep-alive\n\nevent: message_start")).toBe(true)
    expect(text.slice(text.indexOf("late"))).toContain(`event: ping\ndata: {"type":"ping"}\n\n`)
    expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("pauses the provider while its client does not read, resumes it once it has, and loses no byte", async () => {
    const resumed = Deferred.makeUnsafe<void>()
    const paused = Deferred.makeUnsafe<void>()
    let isPaused = false
    let pieces = 0
    const watched = {
      pause: () => {
        isPaused = true
      },
      resume: () => void Deferred.doneUnsafe(resumed, Exit.void)
    }
    doors.completions.script = (_request, sink) =>
      Effect.gen(function* () {
        while (!isPaused && pieces < mostPieces) {
          sink([{ type: "text-delta", text: piece }], watched)
          pieces++
          // What one turn writes leaves together.
          yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        }
        Deferred.doneUnsafe(paused, Exit.void)
        yield* Deferred.await(resumed)
        return answerOf()
      })
    // Nothing is read of it before somebody listens.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${doors.url}${path}`, { method: "POST", headers: { authorization } }, resolve).on("error", reject).end(body)
    })
    await Effect.runPromise(Deferred.await(paused))
    expect(isPaused).toBe(true)
    expect((await doors.ask("GET", "/v1/models")).status).toBe(200)
    const text = await textOf(answer)
    await Effect.runPromise(Deferred.await(resumed))
    const told = [...text.matchAll(/"text_delta","text":"(x*)"/g)].reduce((sum, [, some = ""]) => sum + some.length, 0)
    expect(told).toBe(pieces * piece.length)
    expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/)
  })
})
