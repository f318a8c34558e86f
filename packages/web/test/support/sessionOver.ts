/** A session that is over in the middle of an answer: what there was before it, and what there is after signing in again. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { answer, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import { composer, ended, enterKey, say } from "./openApp.ts"

const draft = "A draft that was not sent"

/** An answer has begun, and the next message. */
export const beginsInTheMiddle = (page: Page, wire: WireServer) =>
  Effect.promise(async () => {
    wire.enqueue(answer(["As far as here, ", "and to the end."], { holdAfter: 1 }))
    await say(page, "Do not lose this")
    await page.getByText("As far as here,").waitFor()
    await composer(page).fill(draft)
  })

/** The answer ends meanwhile. */
export const isWholeAgain = Effect.fnUntraced(function* (page: Page, wire: WireServer, key: string) {
  const request = yield* wire.received(0)
  request.release()
  yield* Effect.promise(async () => {
    await enterKey(page, key)
    await page.getByText("As far as here, and to the end.").waitFor()
    await ended(page).waitFor()
    assert.strictEqual(await page.locator(".bubble").count(), 1)
    assert.strictEqual(await composer(page).inputValue(), draft)
  })
})
