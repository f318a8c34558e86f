/** A stream of tokens that is silent is kept open; a client that does not read holds its provider back, and nothing else. The same on every wire. */
import { request as httpRequest, type IncomingMessage } from "node:http"
import { text as textOf } from "node:stream/consumers"
import { Deferred, Effect, Exit } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { keepAliveComment, keepAliveMs } from "../../src/streamedAnswer.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { answerOf } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const piece = "x".repeat(16_384)
/** More than the kernel takes for a client that does not read. */
const mostPieces = 4_096
const control = { pause: () => {}, resume: () => {} }
const authorization = `Bearer ${doorKeys.member}`
const messages = [{ role: "user", content: "Hello" }]

const wires = [
  {
    path: "/v1/chat/completions",
    asked: { messages },
    begins: "data: {",
    /** What keeps it open once it has begun. */
    between: keepAliveComment,
    told: /"content":"(x*)"/g,
    ends: /\ndata: \[DONE\]\n\n$/
  },
  {
    path: "/v1/messages",
    asked: { messages, max_tokens: 9 },
    begins: "event: message_start",
    between: `event: ping\ndata: {"type":"ping"}\n\n`,
    told: /"text_delta","text":"(x*)"/g,
    ends: /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/
  },
  {
    path: "/v1/responses",
    asked: { input: "Hello" },
    begins: "event: response.created",
    between: keepAliveComment,
    told: /"delta":"(x*)"/g,
    ends: /event: response\.completed\ndata: .*\n\n$/
  }
]

describe.each(engines)("a stream, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
  afterEach(() => void vi.useRealTimers())

  describe.each(wires)("of $path", ({ asked: request, begins, between, ends, path, told }) => {
    const body = JSON.stringify({ model: "demo/echo-1", stream: true, ...request })

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
      expect(text.startsWith(`${keepAliveComment}${begins}`)).toBe(true)
      expect(text.slice(text.indexOf("late"))).toContain(between)
      expect(text).toMatch(ends)
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
      const length = [...text.matchAll(told)].reduce((sum, [, some = ""]) => sum + some.length, 0)
      expect(length).toBe(pieces * piece.length)
      expect(text).toMatch(ends)
    })
  })
})
