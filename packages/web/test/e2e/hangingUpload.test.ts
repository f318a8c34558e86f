/** An upload that goes nowhere is given up long before its time is over: nothing that was chosen is lost, and it goes out once. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { defaultLimits } from "../../../sdk/src/ClientOptions.ts"
import { waiting } from "../support/begunOffline.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  goOffline,
  goOnline,
  openClockedPage,
  places,
  say,
  screenshot,
  signIn
} from "../support/openApp.ts"

const uploads = /\/attachments\?/

/** As large as the app takes one: by its size it would have 17 minutes. */
const large = (page: Page) =>
  composer(page).evaluate((box) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(["a line of a note\n".repeat(490_000)], "large.txt", { type: "text/plain" }))
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))
  })

const sendLarge = async (page: Page, text: string): Promise<void> => {
  // Its requests come to nothing, and do not end.
  await page.route(uploads, () => {})
  await large(page)
  await page.getByRole("button", { name: "Remove large.txt" }).waitFor()
  await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
  const asked = page.waitForRequest(uploads)
  await say(page, text)
  await asked
}

describe.skipIf(chromiumPath === "")("an upload that hangs", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "is told after 30 s, and its message stays in the box with its file: one press sends both, once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("I have read it."))
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...place, serviceWorkers: "block" }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await sendLarge(page, "What does it say?")
            await page.clock.fastForward(defaultLimits.uploadStallMs)
            await page.getByRole("alert").filter({ hasText: "The server could not be reached." }).waitFor()
            await screenshot(page, "upload-hangs")
            assert.strictEqual(await composer(page).inputValue(), "What does it say?")
            await page.unroute(uploads)
            await page.getByRole("button", { name: "Send" }).click()
            await page.getByText("I have read it.").waitFor()
            await page.locator(".composer .attachment").waitFor({ state: "detached" })
            assert.deepStrictEqual(await page.locator(".bubble").allInnerTexts(), ["Otters", "What does it say?"])
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "is given up when the network goes: the message waits with its file, and goes out by itself, once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("I have read it."))
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...place, serviceWorkers: "block" }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await sendLarge(page, "What does it say?")
            await goOffline(page)
            await waiting(page).waitFor()
            await page.locator(".composer .attachment").waitFor({ state: "detached" })
            await screenshot(page, "upload-waits")
            await page.unroute(uploads)
            await goOnline(page)
            await page.getByText("I have read it.").waitFor()
            assert.deepStrictEqual(await page.locator(".bubble").allInnerTexts(), ["Otters", "What does it say?"])
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.include(JSON.stringify(wire.requests[1]?.body), "a line of a note")
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
