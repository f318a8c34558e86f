/** `GET /api/conversations/:id/runs/:runId/events`: a run over server-sent events, and how a client comes back to it. */
import { RunFrame } from "@parley/domain/RunFrame"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { Unavailable } from "@parley/domain/Errors"
import { makeEpoch, type ConversationId } from "@parley/domain/Ids"
import { Effect, Schema } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { EventReader, type ServerEvent } from "../support/EventReader.ts"
import type { DoubleRun } from "../support/socketConversations.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const decodeFrame = Schema.decodeUnknownSync(Schema.fromJsonString(RunFrame))
const textOf = (events: ReadonlyArray<ServerEvent>): string => {
  let text = ""
  for (const event of events) {
    const frame = decodeFrame(event.data)
    if (frame.type === "snapshot") text = frame.state.content.map((part) => (part.type === "text" ? part.text : "")).join("")
    if (frame.type === "delta") for (const piece of frame.events) if (piece.type === "text-delta") text += piece.text
  }
  return text
}
const typesOf = (events: ReadonlyArray<ServerEvent>) => events.map((event) => decodeFrame(event.data).type)

describe.each(engines)("a run's events, on %s", (engine) => {
  let doors: Doors
  let id: ConversationId
  let run: DoubleRun
  let sends = 0
  beforeAll(async () => {
    doors = await startDoors(engine)
    id = await Effect.runPromise(doors.conversations.addConversation())
    doors.conversations.onRun = (begun) => (run = begun)
  })
  afterAll(() => doors.close())
  beforeEach(async () => {
    doors.conversations.before = () => Effect.void
    await doors.ask("POST", `/api/conversations/${id}/messages`, {
      clientMessageId: `s-${sends++}`,
      content: [{ type: "text", text: "Hello" }]
    })
  })

  const open = (headers: Record<string, string> = {}) =>
    EventReader.open(`${doors.url}/api/conversations/${id}/runs/${run.runId}/events`, {
      authorization: `Bearer ${doorKeys.member}`,
      ...headers
    })
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }

  it("tells a run as it goes, each frame under its epoch and last seq, and ends after the terminal", async () => {
    const reader = await open()
    expect(reader.response.status).toBe(200)
    expect(reader.response.headers.get("content-type")).toMatch(/^text\/event-stream/)
    expect(reader.response.headers.get("cache-control")).toBe("no-store")
    expect(reader.response.headers.get("x-accel-buffering")).toBe("no")
    const first = [await reader.next(), await reader.next()]
    expect(first.map((event) => event?.id)).toEqual([`${run.epoch}.1`, undefined])
    doors.conversations.text(run, 'Grüße,\n\n"世界"')
    expect((await reader.next())?.id).toBe(`${run.epoch}.2`)
    doors.conversations.emit(run, { type: "text-delta", text: "a" }, { type: "text-delta", text: "b" })
    expect((await reader.next())?.id).toBe(`${run.epoch}.4`)
    doors.conversations.complete(run)
    const last = await reader.rest()
    expect(last.map((event) => event.id)).toEqual([`${run.epoch}.6`])
    expect(doors.conversations.followers.size).toBe(0)
  })

  it("goes on from Last-Event-ID, so that both halves together are the whole text", async () => {
    const before = await open()
    doors.conversations.text(run, "one ")
    doors.conversations.text(run, "two ")
    const heard: Array<ServerEvent> = []
    while (heard.at(-1)?.id !== `${run.epoch}.2`) heard.push((await before.next())!)
    before.leave()
    await until(() => doors.conversations.followers.size === 0)
    doors.conversations.text(run, "three ")
    const after = await open({ "last-event-id": heard.at(-1)!.id! })
    doors.conversations.text(run, "four")
    doors.conversations.complete(run)
    expect(textOf([...heard, ...(await after.rest())])).toBe("one two three four")
  })

  it("a client that leaves does not cancel the run", async () => {
    const reader = await open()
    await reader.next()
    reader.leave()
    await until(() => doors.conversations.followers.size === 0)
    expect(run.status).toBe("running")
  })

  it("replaces the state of a client whose epoch is over", async () => {
    doors.conversations.text(run, "all of it")
    const reader = await open({ "last-event-id": `${await Effect.runPromise(makeEpoch)}.40` })
    const snapshot = await reader.next()
    expect(snapshot?.id).toBe(`${run.epoch}.2`)
    expect(textOf([snapshot!])).toBe("all of it")
    reader.leave()
  })

  it("tells a run that is over as a whole, and answers 204 to a client that has all of it", async () => {
    doors.conversations.text(run, "done")
    doors.conversations.complete(run)
    const events = await (await open()).rest()
    expect(typesOf(events)).toEqual(["delta"])
    expect(textOf(events)).toBe("done")
    const again = await open({ "last-event-id": events.at(-1)!.id! })
    expect(again.response.status).toBe(204)
  })

  it("tells its follower each time that what was many bytes has left", async () => {
    const reader = await open()
    await reader.next()
    const before = doors.conversations.drains
    doors.conversations.text(run, "x".repeat(40_000))
    await until(() => doors.conversations.drains > before)
    reader.leave()
  })

  it("ends when the conversation is gone, and says so", async () => {
    const reader = await open()
    await reader.next()
    for (const follower of doors.conversations.followers) follower.port.close(CloseCode.gone, "deleted")
    expect((await reader.rest()).at(-1)).toMatchObject({
      event: "gone",
      data: JSON.stringify({ code: CloseCode.gone, reason: "deleted" })
    })
  })

  it("ends without a terminal when it cannot go on, so that the client comes again", async () => {
    const reader = await open()
    await reader.next()
    for (const follower of doors.conversations.followers) follower.port.close(CloseCode.tooSlow, "too far behind")
    expect(typesOf(await reader.rest())).toEqual(["caught-up"])
    expect(run.status).toBe("running")
  })

  it("answers 503 when following fails before the first event, and ends when it fails after", async () => {
    const away = new Unavailable({ message: "away", retryAfterMs: 1_500, workMayHaveHappened: false })
    doors.conversations.before = (method) => (method === "follow" ? Effect.fail(away) : Effect.void)
    const refused = await open({ "x-request-id": "mine.6" })
    expect([refused.response.status, refused.response.headers.get("x-request-id")]).toEqual([503, "mine.6"])
    expect(refused.response.headers.get("content-type")).toBe("application/problem+json")
    doors.conversations.before = (method) => (method === "subscribe" ? Effect.fail(away) : Effect.void)
    expect(await (await open()).rest()).toEqual([])
  })
})
