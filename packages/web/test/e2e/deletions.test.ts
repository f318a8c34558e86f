/** What was deleted does not come back, whatever becomes of the page it was deleted in, unless somebody takes it back as long as that is offered. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import { vi } from "vitest"
import { createConversation } from "../../../cli/test/e2e/support/api.ts"
import { openFrontDoor, type FrontDoor } from "../support/frontDoor.ts"
import {
  App,
  asDarkPhone,
  chromiumPath,
  desktop,
  freshApp,
  openPage,
  patience,
  places,
  showList,
  signIn,
  withoutWorker,
  rowMenu
} from "../support/openApp.ts"

const row = (page: Page, title: string) => page.getByRole("link", { name: title, exact: true })
const note = (page: Page) => page.locator(".toast", { hasText: "“Otters” was deleted." })

const failedDeletion = (page: Page) => page.waitForEvent("requestfailed", (request) => request.method() === "DELETE")

/** Nothing is refused any more, and the page connects anew: it is told that the network is back, else its pause before the next try may be long. */
const isReachedAgain = async (door: FrontDoor, page: Page, url: string): Promise<void> => {
  door.refuse(undefined)
  door.shut()
  await page.getByText("The connection was lost.").waitFor()
  door.leadTo(url)
  await page.evaluate(() => dispatchEvent(new Event("online")))
}

/** Two conversations, of which the first is deleted. */
const begun = Effect.fnUntraced(function* (options: BrowserContextOptions = desktop) {
  const { browser, parley } = yield* freshApp
  const otters = yield* createConversation(parley, { title: "Otters" })
  yield* createConversation(parley, { title: "Badgers" })
  const { faults, page } = yield* Effect.promise(() => openPage(browser, options))
  const path = `/api/conversations/${otters.id}`
  const isThere = async (): Promise<boolean> => {
    const { status } = await fetch(parley.url + path, { headers: { authorization: `Bearer ${parley.key}` } })
    return status === 200
  }
  const isGone = () => vi.waitUntil(async () => !(await isThere()), patience)
  return { page, faults, parley, isThere, isGone }
})

/** The app's worker stands between the page and the server, as it does from the second visit on. */
const hasWorker = (page: Page) => page.waitForFunction(() => navigator.serviceWorker.controller !== null)

describe.skipIf(chromiumPath === "")("a conversation that is deleted", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "is gone from the server too when the page is left in the same moment, and no page of the app is left: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, isGone, page, parley } = yield* begun(place)
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await hasWorker(page)
            await showList(page)
            await rowMenu(page, "Otters", "Delete")
            await row(page, "Otters").waitFor({ state: "detached" })
            await page.goto("about:blank")
            await isGone()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "does not come back when the server was not reached: the next page hides it from its first list on, and deletes it: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { isGone, isThere, page, parley } = yield* begun(place)
          const door = yield* openFrontDoor
          door.leadTo(parley.url)
          yield* Effect.promise(async () => {
            await signIn(page, door.url, parley.key)
            door.refuse("DELETE")
            await showList(page)
            await rowMenu(page, "Otters", "Delete")
            await row(page, "Otters").waitFor({ state: "detached" })
            await page.close()
            const next = await page.context().newPage()
            await Promise.all([failedDeletion(next), next.goto(door.url)])
            await showList(next)
            await row(next, "Badgers").waitFor()
            assert.strictEqual(await row(next, "Otters").count(), 0)
            await next.getByRole("searchbox").fill("otters")
            await next.getByText("Nothing found").waitFor()
            assert.isTrue(await isThere())
            await isReachedAgain(door, next, parley.url)
            await isGone()
          })
        })
    )

    it.effect(
      "is hidden in another tab at once, is back there when it is taken back, and is deleted by it when the first is closed",
      () =>
        Effect.gen(function* () {
          const { faults, isGone, isThere, page, parley } = yield* begun()
          const door = yield* openFrontDoor
          door.leadTo(parley.url)
          yield* Effect.promise(async () => {
            await signIn(page, door.url, parley.key)
            const other = await page.context().newPage()
            await asDarkPhone(other)
            await other.goto(door.url)
            await showList(other)
            await row(other, "Otters").waitFor()
            await page.bringToFront()
            // Also what the first sends as it is closed: it is the other that deletes it.
            door.refuse("DELETE")
            await rowMenu(page, "Otters", "Delete")
            await row(other, "Otters").waitFor({ state: "detached" })
            await note(page).getByRole("button", { name: "Undo" }).click()
            await row(page, "Otters").waitFor()
            await row(other, "Otters").waitFor()
            await rowMenu(page, "Otters", "Delete")
            await row(other, "Otters").waitFor({ state: "detached" })
            assert.isTrue(await isThere())
            await Promise.all([failedDeletion(other), page.close()])
            assert.isTrue(await isThere())
            await isReachedAgain(door, other, parley.url)
            await isGone()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("can be taken back for as long as that is offered, and for a minute at most: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, isGone, isThere, page, parley } = yield* begun({ ...withoutWorker, ...place })
        yield* Effect.promise(async () => {
          const deletions: Array<string> = []
          page.on("request", (request) => void (request.method() === "DELETE" && deletions.push(request.url())))
          await page.clock.install()
          await signIn(page, parley.url, parley.key)
          await showList(page)
          const deleted = async () => {
            const held = note(page).hover()
            await rowMenu(page, "Otters", "Delete")
            // As long as the mouse is over it, it stays.
            await held
          }
          await deleted()
          await page.clock.fastForward(30_000)
          await note(page).getByRole("button", { name: "Undo" }).click()
          await row(page, "Otters").waitFor()
          await page.clock.fastForward(60_000)
          assert.deepStrictEqual(deletions, [])
          assert.isTrue(await isThere())
          await deleted()
          await page.clock.fastForward(60_000)
          await note(page).waitFor({ state: "detached" })
          await isGone()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("is gone once the note is, and at once when its person signs out: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, isGone, page, parley } = yield* begun({ ...withoutWorker, ...place })
        yield* Effect.promise(async () => {
          await page.clock.install()
          await signIn(page, parley.url, parley.key)
          await showList(page)
          await rowMenu(page, "Badgers", "Delete")
          await page.locator(".toast", { hasText: "Badgers" }).waitFor()
          const answered = page.waitForResponse((response) => response.request().method() === "DELETE")
          await page.mouse.move(0, 0)
          await page.clock.fastForward(10_000)
          await answered
          await rowMenu(page, "Otters", "Delete")
          await page.getByRole("button", { name: /Account/ }).click()
          await page.getByRole("menuitem", { name: "Sign out" }).click()
          await page.getByLabel("Key").waitFor()
          await isGone()
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
