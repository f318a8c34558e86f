/** What is said in passing: it is in nobody's way, and stays where it means something. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Locator, Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  hideList,
  openClockedPage,
  openPageAgain,
  places,
  say,
  screenshot,
  showList,
  signIn
} from "../support/openApp.ts"

const notes = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `a note with a name of some length ${index}.txt`,
    mimeType: "text/plain",
    buffer: Buffer.from("a note")
  }))

const archive = { name: "a.zip", mimeType: "application/zip", buffer: Buffer.from("PK\u0003\u0004\u0000") }

/** Files that are chosen from now on are read when the function that it gives back is called; when that is done, all of them are. */
const holdReading = async (page: Page): Promise<() => Promise<void>> => {
  await page.evaluate(() => {
    const { arrayBuffer } = Blob.prototype
    const held = new Promise((resolve) => addEventListener("read", resolve, { once: true }))
    const { dataset } = document.documentElement
    dataset["reading"] = "0"
    Blob.prototype.arrayBuffer = async function () {
      dataset["reading"] = String(Number(dataset["reading"]) + 1)
      await held
      const read = await arrayBuffer.call(this)
      // After what follows from it at once, which may be to read on.
      setTimeout(() => (dataset["reading"] = String(Number(dataset["reading"]) - 1)))
      return read
    }
  })
  return async () => {
    await page.evaluate(() => dispatchEvent(new Event("read")))
    await page.waitForFunction(() => document.documentElement.dataset["reading"] === "0")
  }
}

const boxOf = async (of: Locator) => {
  const box = await of.boundingBox()
  if (box === null) throw new Error("it is not on the page")
  return box
}

describe.skipIf(chromiumPath === "")("a note", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("lies above the box and all of its files, whole in the window: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const surplus = page.locator(".toast", { hasText: "1 was left out." })
        const refused = page.locator(".toast", { hasText: "“a.zip” cannot be attached" })
        const isClear = async (name: string) => {
          await page.locator("input[type=file]").setInputFiles(notes(11))
          await page.locator(".composer .attachment").nth(9).waitFor()
          await surplus.waitFor()
          const { y } = await boxOf(page.locator(".composer"))
          const { height, y: top } = await boxOf(surplus)
          assert.isAtMost(top + height, y)
          assert.isAtLeast(top, 0)
          await screenshot(page, name)
        }
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          await page.getByRole("button", { name: "New conversation" }).filter({ visible: true }).first().click()
          await page.locator(".welcome").waitFor()
          await isClear("note-new")
          await page.goBack()
          await ended(page).waitFor()
          await isClear("note-conversation")
          // Also of a box that is as high as it becomes.
          await composer(page).fill("line\n".repeat(40))
          await page
            .getByRole("button", { name: /^Remove / })
            .last()
            .click()
          await page.locator("input[type=file]").setInputFiles(archive)
          await refused.waitFor()
          const { y } = await boxOf(page.locator(".composer"))
          const { height, y: top } = await boxOf(refused)
          assert.isAtMost(top + height, y)
          assert.isAtLeast(top, 0)
          await screenshot(page, "note-high")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("of a conversation goes with it, long before its own end: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...place, serviceWorkers: "block" }))
        const toast = page.locator(".toast")
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          // From here on the page's time passes only where the test lets it: the note's own is 6 s.
          await page.clock.pauseAt(new Date(Date.now() + 3_600_000))
          const choose = async (name: string) => {
            const text = { name, mimeType: "text/plain", buffer: Buffer.from(name) }
            await page.locator("input[type=file]").setInputFiles([archive, archive, text])
            await page.getByRole("button", { name: `Remove ${name}` }).waitFor()
          }
          await choose("one.txt")
          await page.clock.runFor(5_000)
          // Said twice it is there once, and its time begins anew.
          assert.strictEqual(await toast.count(), 1)
          await choose("two.txt")
          await page.clock.runFor(5_000)
          assert.strictEqual(await toast.count(), 1)
          await page.getByRole("button", { name: "New conversation" }).filter({ visible: true }).first().click()
          await page.locator(".welcome").waitFor()
          // It is closed over a few frames, of 16 ms each.
          await page.clock.runFor(1_000)
          await toast.waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "of a file that is read when its conversation was left says whose it is, or is not said: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            const letRead = await holdReading(page)
            const long = { name: "long.txt", mimeType: "text/plain", buffer: Buffer.from("long ".repeat(50_000)) }
            await page.locator("input[type=file]").setInputFiles([archive, long])
            await page.locator(".attachment .spinner").nth(1).waitFor()
            await page.getByRole("button", { name: "New conversation" }).filter({ visible: true }).first().click()
            await page.locator(".welcome").waitFor()
            await letRead()
            const refused = page.locator(".toast", { hasText: "Otters: “a.zip” cannot be attached" })
            await refused.waitFor()
            assert.strictEqual(await page.locator(".toast").count(), 1)
            await screenshot(page, "note-elsewhere")
            await refused.getByRole("button", { name: "Open" }).click()
            await page.getByRole("button", { name: "Remove long.txt" }).waitFor()
            assert.strictEqual(await page.locator(".composer .attachment").count(), 1)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "with a way back stays wherever one goes; what fails in one that was left is told by its title, and leads there: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("Of badgers."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const files = page.locator("input[type=file]")
          const toast = (text: string) => page.locator(".toast", { hasText: text })
          const link = (title: string) => page.getByRole("link", { name: title, exact: true })
          const startNew = () => page.getByRole("button", { name: "New conversation" }).filter({ visible: true }).first().click()
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            for (const title of ["Otters", "Badgers"]) {
              await say(page, title)
              await ended(page).waitFor()
              await startNew()
              await page.getByRole("heading", { level: 1 }).waitFor()
            }
            await showList(page)
            await link("Otters").click()
            await ended(page).waitFor()
            let refuse = () => {}
            const held = new Promise<void>((resolve) => (refuse = resolve))
            await page.route(/\/attachments\?/, async (route) => {
              await held
              await route.fulfill({ status: 422, json: { code: "invalid_request", detail: "no such luck" } })
            })
            await files.setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("a note") })
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            const asked = page.waitForRequest(/\/attachments\?/)
            await say(page, "Read")
            await asked
            await showList(page)
            await page.locator(".list-row", { hasText: "Badgers" }).hover()
            await page.getByRole("button", { name: "Options for Badgers" }).click()
            await page.getByRole("menuitem", { name: "Delete" }).click()
            await toast("“Badgers” was deleted.").waitFor()
            await hideList(page)
            await startNew()
            await page.locator(".welcome").waitFor()
            refuse()
            await toast("Otters: ").waitFor()
            assert.isTrue(await toast("“Badgers” was deleted.").isVisible())
            await toast("Otters: ").getByRole("button", { name: "Open" }).click()
            await page.getByRole("button", { name: "Remove note.txt" }).waitFor()
            assert.strictEqual(await composer(page).inputValue(), "Read")
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
