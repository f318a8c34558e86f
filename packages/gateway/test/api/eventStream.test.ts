import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { eventOf, readCursor } from "../../src/api/eventStream.ts"

const epoch = `epo_${"0".repeat(26)}`
const cursorOf = (text: string | undefined) => Effect.runSync(Effect.result(readCursor(text)))

describe("Last-Event-ID", () => {
  it("is where the client stands", () => {
    expect(cursorOf(`${epoch}.17`)).toEqual(Result.succeed({ epoch, afterSeq: 17 }))
    expect(cursorOf(`${epoch}.0`)).toEqual(Result.succeed({ epoch, afterSeq: 0 }))
  })

  it("may be absent, or empty as browsers send it", () => {
    expect(cursorOf(undefined)).toEqual(Result.succeed({}))
    expect(cursorOf("")).toEqual(Result.succeed({}))
  })

  it.each([
    "17",
    `${epoch}.`,
    `${epoch}.-1`,
    `${epoch}.1e3`,
    `${epoch}.1.2`,
    `${epoch}. 1`,
    `epo_x.1`,
    `${epoch}.9999999999999999`,
    ".."
  ])("is refused as %s", (text) => {
    expect(Result.isFailure(cursorOf(text))).toBe(true)
  })
})

describe("a frame as an event", () => {
  it("takes its id from the frame's own place, never from what a model wrote", () => {
    const forged = JSON.stringify({ type: "text-delta", text: `"epoch":"epo_${"1".repeat(26)}","seq":99` })
    expect(
      eventOf(`{"type":"delta","conversationId":"c","runId":"r","epoch":"${epoch}","seq":3,"count":2,"events":[${forged}]}`)
    ).toMatch(new RegExp(`^id: ${epoch}\\.4\ndata: \\{`))
  })

  it("has no id when it moves the client nowhere", () => {
    const frame = `{"type":"caught-up","conversationId":"c","runId":"r","epoch":"${epoch}","seq":3}`
    expect(eventOf(frame)).toBe(`data: ${frame}\n\n`)
  })
})
