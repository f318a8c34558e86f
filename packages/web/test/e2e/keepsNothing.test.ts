/** A device that keeps nothing: one without room, and one whose browser says nothing of what it has. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import { vi } from "vitest"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { axeFaults } from "../support/lookOver.ts"
import { onDevice } from "../support/onDevice.ts"
import {
  App,
  beSignedIn,
  chromiumPath,
  composer,
  ended,
  freshApp,
  goOffline,
  goOnline,
  openClockedPage,
  patience,
  places,
  say,
  screenshot,
  signIn,
  withoutWorker
} from "../support/openApp.ts"

/** How long the app waits for its database, in milliseconds. */
const openTimeoutMs = 5_000

/** A page with a clock that is signed in; `prepare` runs before anything of it. */
const opened = Effect.fnUntraced(function* (prepare: (page: Page) => Promise<unknown>, place: BrowserContextOptions) {
  const { browser, parley, wire } = yield* freshApp
  const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
  yield* Effect.promise(async () => {
    await prepare(page)
    await signIn(page, parley.url, parley.key)
  })
  return { faults, page, wire }
})

describe.skipIf(chromiumPath === "")("a device that keeps nothing", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "a device without room sends what can go out at once, and says so of what cannot wait there: %s",
      ([, place]) =>
        Effect.gen(function* () {
          let connected: Promise<unknown> = Promise.resolve()
          const { faults, page, wire } = yield* opened(async (page) => {
            // Only what an open connection takes at once needs no room.
            connected = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("framereceived"))
            await page.addInitScript(() => {
              const full = () => {
                throw new DOMException("there is no room", "QuotaExceededError")
              }
              IDBObjectStore.prototype.put = full
              Storage.prototype.setItem = full
            })
          }, place)
          wire.enqueue(answer("It went out."), answer("That one too."))
          yield* Effect.promise(async () => {
            await connected
            await say(page, "No room here")
            await page.getByText("It went out.").waitFor()
            await ended(page).waitFor()
            await goOffline(page)
            // Told in passing: looked for before it comes.
            const told = page.getByText("There is no room left on this device").waitFor()
            await say(page, "Nor a network")
            await told
            await screenshot(page, "storage-full")
            await goOnline(page)
            // The note says next that it connects; it goes once that is done.
            await page.locator(".connection").waitFor({ state: "detached" })
            await page.getByRole("button", { name: "Try again" }).click()
            await page.getByText("That one too.").waitFor()
            assert.strictEqual(await page.locator(".bubble").count(), 2)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect(
      "a browser whose database neither opens nor refuses sends all the same, and lets nobody see what another has left",
      () =>
        Effect.gen(function* () {
          const other = yield* freshApp
          const { faults, page, wire } = yield* opened(
            (page) =>
              page.addInitScript(() => {
                const { open } = IDBFactory.prototype
                const opens = async (given: EventTarget, asked: IDBOpenDBRequest): Promise<void> => {
                  await new Promise((resolve) => asked.addEventListener("success", resolve))
                  Object.defineProperty(given, "result", { value: asked.result })
                  given.dispatchEvent(new Event("success"))
                }
                const silent: typeof open = (...database) => {
                  const given = new EventTarget()
                  Object.assign(globalThis, { databaseOpens: () => opens(given, open.call(indexedDB, ...database)) })
                  return Object.setPrototypeOf(given, EventTarget.prototype)
                }
                if (sessionStorage.getItem("silent") !== null) IDBFactory.prototype.open = silent
              }),
            places[1][1]
          )
          wire.enqueue(answer("First."), answer("Second."))
          const isAsked = () => page.waitForFunction(() => "databaseOpens" in globalThis)
          yield* Effect.promise(async () => {
            await say(page, "Only mine")
            await ended(page).waitFor()
            await vi.waitUntil(async () => (await onDevice(page, "kept")).text.includes("First."), patience)
            await page.evaluate(() => sessionStorage.setItem("silent", ""))
            await page.reload()
            await page.getByText("First.").waitFor()
            await isAsked()
            await say(page, "Nothing can be kept")
            await page.clock.runFor(openTimeoutMs)
            await page.getByText("Second.").waitFor()
            await ended(page).waitFor()

            await page.context().clearCookies()
            await beSignedIn(page, other.parley)
            await page.goto(other.parley.url)
            await isAsked()
            await page.clock.runFor(openTimeoutMs)
            await page.getByText("what they left cannot be removed").waitFor()
            await screenshot(page, "database-silent")
            assert.deepStrictEqual(await axeFaults(page), [])
            await page.evaluate(() => Reflect.get(globalThis, "databaseOpens")())
            await page.evaluate(() => sessionStorage.removeItem("silent"))
            await page.getByRole("button", { name: "Try again" }).click()
            await composer(page).waitFor()
            assert.notInclude((await onDevice(page, "kept")).text, "First.")
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
