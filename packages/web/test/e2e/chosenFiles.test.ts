/** Files that were chosen and not sent are kept on the device, as what is typed is. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { vi } from "vitest"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  openPageAgain,
  patience,
  places,
  say,
  screenshot,
  showList,
  signIn,
  withoutWorker
} from "../support/openApp.ts"
import { onDevice } from "../support/onDevice.ts"
import { seemLarge } from "../support/seemLarge.ts"

/** A square of 8 pixels. */
const square = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGO44OCAFTEMLQkA9qhUAcwLY9sAAAAASUVORK5CYII="

const note = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`what ${name} says`) })

const chips = (page: Page) => page.locator(".composer .attachment-name").allInnerTexts()

/** How many of them the device has. */
const kept = async (page: Page): Promise<number> =>
  (await onDevice(page, "kept")).keys.filter((key) => key.startsWith("chosen ")).length

const has = (page: Page, count: number) => vi.waitUntil(async () => (await kept(page)) === count, patience)

describe.skipIf(chromiumPath === "")("chosen files", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "are there after a reload with what was typed, in their conversation, without what was taken back; sent they are gone: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("A square, a note and a paper."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const files = page.locator("input[type=file]")
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await files.setInputFiles(note("new.txt"))
            await has(page, 1)
            await page.getByRole("button", { name: "Remove new.txt" }).click()
            await say(page, "Otters")
            await ended(page).waitFor()
            await files.setInputFiles([
              { name: "square.png", mimeType: "image/png", buffer: Buffer.from(square, "base64") },
              note("note.txt"),
              { name: "paper.pdf", mimeType: "application/pdf", buffer: Buffer.from(makePdf("the walrus was Paul")) },
              note("back.txt")
            ])
            await has(page, 4)
            await page.getByRole("button", { name: "Remove back.txt" }).click()
            await has(page, 3)
            await composer(page).fill("What are they?")
            await page.reload()
            await page.getByRole("button", { name: "Remove paper.pdf" }).waitFor()
            assert.deepStrictEqual(await chips(page), ["square.png", "note.txt", "paper.pdf"])
            assert.strictEqual(await composer(page).inputValue(), "What are they?")
            await screenshot(page, "chosen-reloaded")
            await page.getByRole("button", { name: "Send" }).click()
            await page.getByText("A square, a note and a paper.").waitFor()
            await has(page, 0)
            await page.reload()
            await ended(page).waitFor()
            assert.deepStrictEqual(await chips(page), [])
          })
          const said = JSON.stringify(wire.requests[1]?.body)
          for (const part of ["data:image/png", "what note.txt says", "the walrus was Paul"]) assert.include(said, part)
          assert.notInclude(said, "back.txt")
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("go with whoever signs out: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await page.locator("input[type=file]").setInputFiles(note("note.txt"))
          await has(page, 1)
          await showList(page)
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Sign out" }).click()
          await page.getByLabel("Key").waitFor()
          await has(page, 0)
        })
      })
    )

    it.effect("are kept up to 100 MB, and of more it is said that they go with the page", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { page } = yield* Effect.promise(() => openPageAgain(browser, withoutWorker))
        const files = page.locator("input[type=file]")
        yield* Effect.promise(async () => {
          await seemLarge(page)
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          await files.setInputFiles(Array.from({ length: 10 }, (_, index) => note(`${index}.txt`)))
          await has(page, 10)
          await page.getByRole("button", { name: "New conversation" }).first().click()
          await page.locator(".welcome").waitFor()
          const told = page.locator(".toast", { hasText: "Not all of these files could be kept on this device" }).waitFor()
          // At once: none of them takes the room that another one has taken.
          await files.setInputFiles(["10.txt", "11.txt", "12.txt"].map(note))
          await told
          await has(page, 12)
          assert.deepStrictEqual(await chips(page), ["10.txt", "11.txt", "12.txt"])
          await page.reload()
          await page.getByRole("button", { name: "Remove 11.txt" }).waitFor()
          assert.deepStrictEqual(await chips(page), ["10.txt", "11.txt"])
        })
      })
    )

    it.effect("stay in the box where the device has no room, which is said once", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Both read."))
        const { page } = yield* Effect.promise(() => openPageAgain(browser, withoutWorker))
        const files = page.locator("input[type=file]")
        yield* Effect.promise(async () => {
          await page.addInitScript(() => {
            const { put } = IDBObjectStore.prototype
            IDBObjectStore.prototype.put = function (...given) {
              const asked = put.apply(this, given)
              if (String(given[1]).startsWith("chosen ")) asked.addEventListener("success", () => this.transaction.abort())
              return asked
            }
          })
          await signIn(page, parley.url, parley.key)
          const told = page.locator(".toast", { hasText: "Not all of these files could be kept on this device" })
          await files.setInputFiles([note("one.txt"), note("two.txt")])
          await told.waitFor()
          assert.strictEqual(await told.count(), 1)
          await say(page, "What do they say?")
          await page.getByText("Both read.").waitFor()
        })
        assert.include(JSON.stringify(wire.requests[0]?.body), "what two.txt says")
      })
    )
  })
})
