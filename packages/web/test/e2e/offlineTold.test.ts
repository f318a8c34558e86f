/** That there is no network is told at once, in the same words wherever it is told. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { bubbles, waiting } from "../support/begunOffline.ts"
import {
  App,
  chromiumPath,
  ended,
  freshApp,
  goOffline,
  goOnline,
  onPhone,
  openClockedPage,
  places,
  rowMenu,
  say,
  screenshot,
  showList,
  signIn,
  withoutWorker
} from "../support/openApp.ts"

/** What somebody takes for at once, in milliseconds of the page. */
const atOnceMs = 300
const stepMs = 50
/** Over what may pass until a page is told that its clock stands. */
const leapMs = 5_000

/** Until the page has done what is due, however its clock stands: React works in turns of a message channel. */
const turns = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.addEventListener("message", resolve)
        port1.start()
        port2.postMessage(null)
      })
    }
  })

describe.skipIf(chromiumPath === "")("being offline", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("is told at once, in the same words over the page, of a part and a change: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...place, serviceWorkers: "block" }))
        const note = page.getByRole("status").getByText("You are offline. Messages go out later.")
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          // From here on the page's time passes only where the test lets it. No leap over a heartbeat: the page would take itself for asleep and connect anew.
          await page.clock.pauseAt(new Date(Date.now() + leapMs))
          await page.context().setOffline(true)
          await page.waitForFunction(() => !navigator.onLine, undefined, { polling: 20 })
          // What the page does between two of its timers takes no time of its own.
          for (let passedMs = 0; passedMs < atOnceMs && !(await note.isVisible()); passedMs += stepMs) {
            await turns(page)
            await page.clock.runFor(stepMs)
          }
          await turns(page)
          assert.isTrue(await note.isVisible())
          await screenshot(page, "offline-at-once")
          // Tries now and then, in which it stays what it is.
          for (let second = 0; second < 40; second++) {
            await page.clock.runFor(1_000)
            assert.isTrue(await note.isVisible())
          }
          await page.clock.resume()
          await page.getByRole("button", { name: "Share by link" }).click()
          await page.locator(".toast", { hasText: "You are offline. This part of the app is not on this device yet" }).waitFor()
          await showList(page)
          await page.locator(".list-row", { hasText: "Otters" }).hover()
          await page.getByRole("button", { name: "Options for Otters" }).click()
          await page.getByRole("menuitem", { name: "Rename" }).click()
          await page.getByLabel("Title", { exact: true }).fill("Sea otters")
          await page.getByLabel("Title", { exact: true }).press("Enter")
          await page.getByRole("alert").filter({ hasText: "You are offline. Try again once there is a network." }).waitFor()
          await page.getByLabel("Title", { exact: true }).press("Escape")
          await rowMenu(page, "Otters", "Archive")
          await page.locator(".toast", { hasText: "You are offline. Try again once there is a network." }).waitFor()
          await page.getByRole("link", { name: "Otters", exact: true }).waitFor()
          assert.strictEqual(await page.getByText("is in the archive").count(), 0)
          await goOnline(page)
          await note.waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(onPhone)(
      "keeps what waits in sight: no other version begins before it is sent, and one that waits says so: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("Of three."), answer("Of three, anew."))
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
          const refused = page.locator(".toast", { hasText: "What you wrote here is not sent yet." })
          const again = page.getByRole("button", { name: "Answer again" })
          const dismiss = async () => {
            await refused.getByRole("button", { name: "Dismiss" }).click()
            await refused.waitFor({ state: "detached" })
          }
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await goOffline(page)
            await say(page, "Three")
            await waiting(page).waitFor()
            await again.click()
            await refused.waitFor()
            await dismiss()
            await page.getByRole("button", { name: "Edit", exact: true }).click()
            await refused.waitFor()
            assert.strictEqual(await page.getByLabel("Edit the message").count(), 0)
            await dismiss()
            assert.deepStrictEqual(await bubbles(page), ["Otters", "Three"])
            assert.strictEqual(await waiting(page).count(), 1)
            await goOnline(page)
            await page.getByText("Of three.").waitFor()
            assert.deepStrictEqual(await bubbles(page), ["Otters", "Three"])
            assert.strictEqual(await page.getByText("1/2").or(page.getByText("2/2")).count(), 0)
            await goOffline(page)
            await again.last().click()
            await page
              .locator(".answer")
              .filter({ has: waiting(page) })
              .waitFor()
            await goOnline(page)
            await page.getByText("Of three, anew.").waitFor()
            await page.getByText("2/2").waitFor()
            assert.strictEqual(await waiting(page).count(), 0)
          })
          assert.strictEqual(wire.requests.length, 3)
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
