/** A client that does not read holds its provider back, and nothing else. */
import { Deferred, Effect, Exit } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { decodeChunked, rawConnection } from "../server/support/rawConnection.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { answerOf } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const piece = "x".repeat(16_384)
/** More than the kernel takes for a client that does not read. */
const mostPieces = 4_096

describe.each(engines)("a slow client of a stream, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  it("pauses the provider, resumes it once it has read, and gets every byte", async () => {
    const resumed = Deferred.makeUnsafe<void>()
    const paused = Deferred.makeUnsafe<void>()
    let isPaused = false
    let pieces = 0
    const control = {
      pause: () => {
        isPaused = true
      },
      resume: () => void Deferred.doneUnsafe(resumed, Exit.void)
    }
    doors.completions.script = (_request, sink) =>
      Effect.gen(function* () {
        while (!isPaused && pieces < mostPieces) {
          sink([{ type: "text-delta", text: piece }], control)
          pieces++
          // What one turn writes leaves together.
          yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        }
        Deferred.doneUnsafe(paused, Exit.void)
        yield* Deferred.await(resumed)
        sink([{ type: "finish", reason: "stop" }], control)
        return answerOf()
      })
    const client = await rawConnection(doors.port)
    client.socket.pause()
    const body = JSON.stringify({ model: "demo/echo-1", messages: [{ role: "user", content: "Hello" }], stream: true })
    client.send(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${doorKeys.member}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    )
    await Effect.runPromise(Deferred.await(paused))
    expect(isPaused).toBe(true)
    expect((await doors.ask("GET", "/v1/models")).status).toBe(200)
    client.socket.resume()
    await Effect.runPromise(Deferred.await(resumed))
    const text = decodeChunked(await client.until((received) => received.endsWith("\r\n0\r\n\r\n")))
    const told = [...text.matchAll(/"content":"(x*)"/g)].reduce((sum, [, some = ""]) => sum + some.length, 0)
    expect(told).toBe(pieces * piece.length)
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true)
    client.socket.destroy()
  })
})
