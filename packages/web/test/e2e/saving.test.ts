/** What is kept on the server is typed once: where it cannot be saved it stays in its field, with the reason. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Locator, Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { hold, refusal, shown } from "../support/hold.ts"
import {
  App,
  chromiumPath,
  ended,
  freshApp,
  hideList,
  openPageAgain,
  places,
  say,
  screenshot,
  showList,
  signIn,
  rowMenu
} from "../support/openApp.ts"

const fault = (page: Page, text: string) => page.getByRole("alert").filter({ hasText: text })
const offline = "You are offline. Try again once there is a network."

/** What outlives its page, a change of a title say, the tools see nothing of: in this page nothing does. */
const seesAll = (page: Page) =>
  page.addInitScript(() => {
    const { fetch } = globalThis
    globalThis.fetch = (input, init) => fetch(input, { ...init, keepalive: false })
  })

const oneConversation = /\/api\/conversations\/[^/]+$/

const cutOff = async (page: Page): Promise<void> => {
  await page.context().setOffline(true)
  await page.waitForFunction(() => !navigator.onLine)
}

const reconnect = async (page: Page): Promise<void> => {
  await page.context().setOffline(false)
  await page.waitForFunction(() => navigator.onLine)
}

/** Pressed without a network it is refused, and afterwards it is taken. */
const savedOnce = async (page: Page, press: () => Promise<void>, picture: string): Promise<void> => {
  await cutOff(page)
  await press()
  await fault(page, offline).waitFor()
  await screenshot(page, picture)
  await reconnect(page)
  await press()
  await fault(page, offline).waitFor({ state: "detached" })
}

describe.skipIf(chromiumPath === "")("what is typed and cannot be saved", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("is kept with the reason where it is a title, and an empty one is refused: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const title = page.getByLabel("Title", { exact: true })
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          await showList(page)
          await rowMenu(page, "Otters", "Rename")
          await title.fill("  ")
          await title.press("Enter")
          await fault(page, "A title is needed.").waitFor()
          assert.isTrue(await title.evaluate((box) => box === document.activeElement))
          await title.fill("Sea otters")
          assert.strictEqual(await fault(page, "A title is needed.").count(), 0)
          await savedOnce(page, () => title.press("Enter"), "title-offline")
          await title.waitFor({ state: "detached" })
          await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor()
          await page.reload()
          await page.getByRole("heading", { level: 1, name: "Sea otters" }).waitFor()
          await showList(page)
          // Left as it was, and given up: neither is refused.
          await rowMenu(page, "Sea otters", "Rename")
          await title.press("Enter")
          await title.waitFor({ state: "detached" })
          await rowMenu(page, "Sea otters", "Rename")
          await title.fill("")
          await title.press("Escape")
          await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "stays in the dialog of a folder, a prompt, a preset and of how a conversation is answered; what is missing is named: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const save = () => page.getByRole("button", { name: "Save" }).click()
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()

            await page.getByRole("button", { name: "Options of the conversation" }).click()
            await page.getByRole("menuitem", { name: "How it answers" }).click()
            await page.getByLabel("System prompt").fill("Answer as an otter.")
            await savedOnce(page, save, "parameters-offline")
            await page.getByRole("dialog").waitFor({ state: "detached" })

            await showList(page)
            await page.locator(".list-row", { hasText: "Otters" }).first().hover()
            await page.getByRole("button", { name: "Options for Otters" }).click()
            await page.getByRole("menuitem", { name: "Move to folder" }).click()
            await page.getByRole("menuitem", { name: "New folder" }).click()
            const create = () => page.getByRole("button", { name: "Create" }).click()
            await create()
            await fault(page, "A name is needed.").waitFor()
            const folder = page.getByLabel("Name of the folder")
            const isMarked = async (field: Locator) => (await field.getAttribute("aria-invalid")) === "true"
            assert.isTrue(await isMarked(folder))
            await folder.fill("Animals")
            assert.isFalse(await isMarked(folder))
            assert.strictEqual(await fault(page, "A name is needed.").count(), 0)
            await cutOff(page)
            await create()
            await fault(page, offline).waitFor()
            assert.isFalse(await isMarked(folder))
            // What was said of another name is no reason for this one.
            await folder.fill("")
            assert.isFalse(await isMarked(folder))
            assert.strictEqual(await fault(page, offline).count(), 0)
            await reconnect(page)
            await folder.fill("Animals")
            await savedOnce(page, create, "folder-offline")
            await page.getByRole("button", { name: /^Animals/ }).waitFor()

            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            for (const [tab, button, text] of [
              ["Prompt library", "New prompt", "Text"],
              ["Presets", "New preset", "System prompt"]
            ] as const) {
              await page.getByRole("tab", { name: tab }).click()
              await page.getByRole("button", { name: button }).click()
              await save()
              await fault(page, "A name is needed.").waitFor()
              await page.getByLabel("Name", { exact: true }).fill("Otter")
              await save()
              await fault(page, "A text is needed.").waitFor()
              assert.isTrue(await isMarked(page.getByLabel(text, { exact: true })))
              assert.isFalse(await isMarked(page.getByLabel("Name", { exact: true })))
              await page.getByLabel(text, { exact: true }).fill("Answer as an otter.")
              await savedOnce(page, save, `${button.replace(" ", "-").toLowerCase()}-offline`)
              await page.locator(".entries").getByText("Otter", { exact: true }).waitFor()
            }
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await hideList(page)
            await page.getByRole("button", { name: "Options of the conversation" }).click()
            await page.getByRole("menuitem", { name: "How it answers" }).click()
            assert.strictEqual(await page.getByLabel("System prompt").inputValue(), "Answer as an otter.")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("closes nothing but its own form, and none that was opened after it: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const dialog = page.getByRole("dialog")
        const save = () => page.getByRole("button", { name: "Save" }).click()
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          const changed = await hold(page, oneConversation, "PATCH")
          await page.getByRole("button", { name: "How it answers" }).click()
          await page.getByLabel("System prompt").fill("Answer as an otter.")
          await save()
          await changed.asked
          await page.keyboard.press("Escape")
          await dialog.waitFor({ state: "detached" })
          await showList(page)
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).click()
          await page.getByRole("tab", { name: "Prompt library" }).click()
          await page.getByRole("button", { name: "New prompt" }).click()
          await page.getByLabel("Name", { exact: true }).fill("Otter")
          await changed.letGo()
          assert.strictEqual(await page.getByLabel("Name", { exact: true }).inputValue(), "Otter")

          // The same of a form that another one of its kind has followed.
          const made = await hold(page, /\/api\/prompts$/, "POST")
          await page.getByLabel("Text", { exact: true }).fill("Answer as an otter.")
          await save()
          await made.asked
          await page.getByRole("button", { name: "Cancel" }).click()
          await page.getByRole("button", { name: "New prompt" }).click()
          await page.getByLabel("Name", { exact: true }).fill("Badger")
          await made.letGo()
          assert.strictEqual(await page.getByLabel("Name", { exact: true }).inputValue(), "Badger")

          // Closed with its dialog it is there again, until it is given up.
          await page.keyboard.press("Escape")
          await dialog.waitFor({ state: "detached" })
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).click()
          await page.getByRole("tab", { name: "Prompt library" }).click()
          await page.locator(".entries").getByText("Otter", { exact: true }).waitFor()
          for (const name of ["Badger", ""]) {
            await page.getByRole("button", { name: "New prompt" }).click()
            assert.strictEqual(await page.getByLabel("Name", { exact: true }).inputValue(), name)
            await page.getByRole("button", { name: "Cancel" }).click()
          }
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "is a title that stands where it was refused: left it asks for nothing, Enter tries it again, and empty it is given up: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const title = page.getByLabel("Title", { exact: true })
          const hasFocus = () => title.evaluate((box) => box === document.activeElement)
          let asked = 0
          /** What comes of it stands on the page. */
          const refusedBy = async (act: () => Promise<unknown>): Promise<void> => {
            const answered = page.waitForEvent("requestfinished", (request) => request.method() === "PATCH")
            await act()
            await answered
            await fault(page, "no such luck").waitFor()
            await shown(page)
          }
          yield* Effect.promise(async () => {
            await seesAll(page)
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await page.route(oneConversation, async (route) => {
              if (route.request().method() !== "PATCH") return route.continue()
              asked++
              await route.fulfill(refusal)
            })
            await showList(page)
            await rowMenu(page, "Otters", "Rename")
            await title.fill("Sea otters")
            await refusedBy(() => title.press("Enter"))
            assert.isTrue(await hasFocus())
            // Left with the same text.
            await title.blur()
            await shown(page)
            assert.strictEqual(await title.inputValue(), "Sea otters")
            assert.isTrue(await fault(page, "no such luck").isVisible())
            assert.isFalse(await hasFocus())
            await refusedBy(() => title.press("Enter"))
            assert.strictEqual(asked, 2)
            // Left with another one it is sent, and whoever left it is left alone.
            await title.fill("River otters")
            assert.strictEqual(await fault(page, "no such luck").count(), 0)
            await refusedBy(() => title.blur())
            assert.strictEqual(await title.inputValue(), "River otters")
            assert.isFalse(await hasFocus())
            assert.strictEqual(asked, 3)
            await screenshot(page, "title-refused")
            // Without a key for it.
            await title.fill("")
            await title.blur()
            await title.waitFor({ state: "detached" })
            await page.getByRole("link", { name: "Otters", exact: true }).waitFor()
            assert.strictEqual(asked, 3)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("is a title that is told also where it is changed again meanwhile: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const title = page.getByLabel("Title", { exact: true })
        yield* Effect.promise(async () => {
          await seesAll(page)
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          const renamed = await hold(page, oneConversation, "PATCH", refusal)
          await showList(page)
          await rowMenu(page, "Otters", "Rename")
          await title.fill("Sea otters")
          await title.press("Enter")
          await renamed.asked
          await rowMenu(page, "Sea otters", "Rename")
          await title.fill("River otters")
          await renamed.letGo()
          assert.isTrue(await fault(page, "no such luck").isVisible())
          assert.strictEqual(await title.inputValue(), "River otters")
          await title.press("Enter")
          await page.getByRole("link", { name: "River otters", exact: true }).waitFor()
          await page.reload()
          await page.getByRole("heading", { level: 1, name: "River otters" }).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("is a title that is told of no more once another one was taken: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const title = page.getByLabel("Title", { exact: true })
        const rename = async (from: string, to: string): Promise<void> => {
          await rowMenu(page, from, "Rename")
          await title.fill(to)
          await title.press("Enter")
        }
        yield* Effect.promise(async () => {
          await seesAll(page)
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          await showList(page)
          const first = await hold(page, oneConversation, "PATCH", refusal)
          await rename("Otters", "Sea otters")
          await first.asked
          // Only the first one is held.
          await page.route(oneConversation, (route) => route.continue())
          const second = page.waitForEvent("requestfinished", (request) => request.method() === "PATCH")
          await rename("Sea otters", "River otters")
          await second
          await first.letGo()
          assert.strictEqual(await title.count(), 0)
          assert.strictEqual(await fault(page, "no such luck").count(), 0)
          await page.getByRole("link", { name: "River otters", exact: true }).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
