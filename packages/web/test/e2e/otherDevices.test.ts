/** What one does on one device shows on another that nobody touches: its page is neither reloaded nor looked at anew. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { vi } from "vitest"
import { createConversation, request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  showList,
  App,
  chromiumPath,
  composer,
  darkPhone,
  ended,
  freshApp,
  openPage,
  openPageAgain,
  patience,
  say,
  screenshot,
  signIn,
  withoutWorker,
  places,
  asDarkPhone,
  rowMenu
} from "../support/openApp.ts"
import { framesPass } from "../support/frames.ts"
import { axeFaults } from "../support/lookOver.ts"

/** Until the list is this one, from top to bottom. */
const lists = async (page: Page, wanted: ReadonlyArray<string>): Promise<void> => {
  await page.waitForFunction(
    (expected) =>
      [...document.querySelectorAll<HTMLElement>(".list-group .list-title")].map((title) => title.innerText).join() === expected,
    wanted.join()
  )
}

describe.skipIf(chromiumPath === "")("another device", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect("shows conversations that are made, written to, renamed, kept elsewhere and deleted, as they are", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        const [here, there] = yield* Effect.promise(() =>
          Promise.all([openPage(browser, withoutWorker), openPage(browser, { ...withoutWorker, ...darkPhone })])
        )
        const asked: Array<string> = []
        there.page.on("request", (request) => {
          if (/\/api\/(conversations|folders)/.test(request.url())) asked.push(new URL(request.url()).pathname)
        })
        wire.enqueue(answer("Of otters."), answer("Of badgers."), answer("Of otters again."))
        yield* Effect.promise(async () => {
          await signIn(here.page, parley.url, parley.key)
          await signIn(there.page, parley.url, parley.key)
          await showList(there.page)
          await say(here.page, "Otters")
          await ended(here.page).waitFor()
          await lists(there.page, ["Otters"])
          await here.page.getByRole("button", { name: "New conversation" }).first().click()
          await say(here.page, "Badgers")
          await ended(here.page).waitFor()
          await lists(there.page, ["Badgers", "Otters"])
          asked.length = 0
          await here.page.getByRole("link", { name: "Otters" }).click()
          await say(here.page, "And again")
          await here.page.getByText("Of otters again.").waitFor()
          for (const { page } of [here, there]) await lists(page, ["Otters", "Badgers"])
          assert.deepStrictEqual(asked, [], "what only moves costs no question")
          await rowMenu(here.page, "Otters", "Rename")
          await here.page.getByLabel("Title").fill("Sea otters")
          await here.page.getByLabel("Title").press("Enter")
          await lists(there.page, ["Sea otters", "Badgers"])
          await rowMenu(here.page, "Badgers", "Pin")
          await lists(there.page, ["Badgers", "Sea otters"])
          await rowMenu(here.page, "Sea otters", "Move to folder")
          await here.page.getByRole("menuitem", { name: "New folder" }).click()
          await here.page.getByLabel("Name of the folder").fill("Animals")
          await here.page.getByRole("button", { name: "Create" }).click()
          await there.page.getByRole("button", { name: /^Animals/ }).waitFor()
          await rowMenu(here.page, "Badgers", "Archive")
          await lists(there.page, ["Animals"])
          await there.page.getByRole("button", { name: /^Animals/ }).click()
          await lists(there.page, ["Animals", "Sea otters"])
          await there.page.getByRole("link", { name: "Sea otters" }).click()
          // The page that deletes may take it back for a while; one of the API's clients may not.
          const id = there.page.url().split("/").at(-1)
          const headers = { authorization: `Bearer ${parley.key}` }
          await fetch(`${parley.url}/api/conversations/${id}`, { method: "DELETE", headers })
          await there.page.getByText("This conversation is gone").waitFor()
          await showList(there.page)
          await lists(there.page, ["Animals"])
        })
        assert.deepStrictEqual([...here.faults, ...there.faults], [])
      })
    )

    it.effect.each(places)(
      "that makes a conversation moves no row away under a press: it is clicked, and then the list goes on: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          yield* createConversation(parley, { title: "Otters" })
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          let listed = 0
          page.on("response", (response) => void (listed += /\/api\/conversations\?/.test(response.url()) ? 1 : 0))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            // Read again once the page is told of what changes.
            await vi.waitUntil(() => listed >= 2, patience)
            await showList(page)
            await page.getByRole("link", { name: "Otters", exact: true }).hover()
            await page.mouse.down()
          })
          const read = page.waitForResponse((response) => response.url().endsWith("/marks"))
          yield* createConversation(parley, { title: "Badgers" })
          yield* Effect.promise(async () => {
            await (await read).finished()
            await framesPass(page, 3)
            await page.mouse.up()
            await page.getByRole("heading", { name: "Otters" }).waitFor()
            await showList(page)
            await lists(page, ["Badgers", "Otters"])
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("is signed out at once when its session is ended from elsewhere: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          const headers = { authorization: `Bearer ${parley.key}`, origin: parley.url }
          const sessions: ReadonlyArray<{ readonly id: string }> = await (
            await fetch(`${parley.url}/api/sessions`, { headers })
          ).json()
          for (const { id } of sessions) await fetch(`${parley.url}/api/sessions/${id}`, { method: "DELETE", headers })
          await page.getByText("Your session is over.").waitFor()
        })
      })
    )

    it.effect.each(places)(
      "of conversations marks one as unread whose answer ended while another was open, until it is opened, over a reload too: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer(["Of otters, ", "at length."], { holdAfter: 1 }), answer("Of badgers."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          const unread = page.getByRole("link", { name: /^Otters\s*Unread$/ })
          const marks = page.locator(".list-unread")
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await page.getByText("Of otters,").waitFor()
            await page.getByRole("button", { name: "New conversation" }).first().click()
            await say(page, "Badgers")
            await ended(page).waitFor()
            assert.strictEqual(await marks.count(), 0)
          })
          yield* Effect.map(wire.received(0), ({ release }) => release())
          yield* Effect.promise(async () => {
            await showList(page)
            await unread.waitFor()
            assert.deepStrictEqual(await axeFaults(page), [])
            await screenshot(page, "unread")
            await page.reload()
            await composer(page).waitFor()
            await showList(page)
            await unread.waitFor()
            await unread.click()
            await page.getByText("at length.").waitFor()
            await marks.waitFor({ state: "detached" })
            // Renamed it is newer too, and nothing was said in it.
            await showList(page)
            await rowMenu(page, "Badgers", "Rename")
            await page.getByLabel("Title").fill("Honey badgers")
            const read = page.waitForResponse((response) => response.url().endsWith("/marks"))
            await page.getByLabel("Title").press("Enter")
            await read
            await framesPass(page, 2)
            assert.strictEqual(await marks.count(), 0)
            await page.reload()
            await page.getByText("at length.").waitFor()
            await showList(page)
            await page.getByRole("link", { name: "Honey badgers", exact: true }).waitFor()
            assert.strictEqual(await marks.count(), 0)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect("of folders marks a closed one with something unread in it, in every tab until it is read in one", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { id } = yield* createConversation(parley, { title: "Otters" })
        const folder = yield* request(parley, "POST", "/api/folders", { name: "Animals" })
        yield* request(parley, "PATCH", `/api/conversations/${id}/marks`, { folderId: Reflect.get(Object(folder.body), "id") })
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, withoutWorker))
        const other = yield* Effect.promise(() => page.context().newPage())
        const closed = (tab: Page) => tab.getByRole("button", { name: /^Animals/ })
        const mark = (tab: Page) => closed(tab).locator(".list-unread")
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await asDarkPhone(other)
          await other.goto(parley.url)
          await showList(other)
          for (const tab of [page, other]) {
            await closed(tab).waitFor()
            assert.strictEqual(await mark(tab).count(), 0)
          }
        })
        const content = [{ type: "text", text: "And otters?" }]
        yield* request(parley, "POST", `/api/conversations/${id}/messages`, { clientMessageId: crypto.randomUUID(), content })
        yield* Effect.promise(async () => {
          for (const tab of [page, other]) await mark(tab).waitFor()
          await closed(other).click()
          // What is open shows for itself what of it is unread.
          await mark(other).waitFor({ state: "detached" })
          const row = other.getByRole("link", { name: /^Otters\s*Unread$/ })
          await row.click()
          await other.getByText("Of otters.").waitFor()
          await other.locator(".list-unread").waitFor({ state: "detached" })
          await mark(page).waitFor({ state: "detached" })
          assert.strictEqual(await page.evaluate(() => localStorage.getItem("parley.unread")), "[]")
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
