/** How the list is kept in order once there is something in it: into folders and out of them, out of the archive, and beyond its first page. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { createConversation, request } from "../../../cli/test/e2e/support/api.ts"
import { App, chromiumPath, composer, freshApp, openPageAgain, places, showList, signIn, rowMenu } from "../support/openApp.ts"

/** More than the 100 of a page of the list. */
const manyConversations = 105

const row = (page: Page, title: string) => page.getByRole("link", { name: title, exact: true })

const menu = async (page: Page, title: string, ...items: ReadonlyArray<string>): Promise<void> => {
  await rowMenu(page, title, ...items)
  await page.getByRole("menuitem").first().waitFor({ state: "detached" })
}

/** The same, done once the server has it: a page that is loaded anew finds it so. */
const kept = async (page: Page, title: string, ...items: ReadonlyArray<string>): Promise<void> => {
  await Promise.all([page.waitForResponse(/\/marks$/), menu(page, title, ...items)])
}

/** The focus is on that row, its link or its button, once what acted on it or on its neighbour is gone. */
const isOn = (page: Page, title: string) =>
  page.waitForFunction((text) => document.activeElement?.closest(".list-row")?.textContent.startsWith(text), title)

const reloaded = async (page: Page): Promise<void> => {
  await page.reload()
  await composer(page).waitFor()
  await showList(page)
}

describe.skipIf(chromiumPath === "")("the list", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "takes a conversation into a folder that is there and out of it, and out of the archive, for good: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          for (const title of ["Otters", "Badgers"]) yield* createConversation(parley, { title })
          yield* request(parley, "POST", "/api/folders", { name: "Animals" })
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const folder = page.locator(".list-folder")
          const open = () => folder.getByRole("button", { name: /^Animals/ }).click()
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await showList(page)
            await open()
            await folder.getByText("Empty").waitFor()
            await menu(page, "Otters", "Move to folder", "Animals")
            await folder.getByRole("link", { name: "Otters" }).waitFor()
            await kept(page, "Badgers", "Move to folder", "Animals")
            await folder.getByRole("link", { name: "Badgers" }).waitFor()
            await kept(page, "Otters", "Move to folder", "No folder")
            await folder.getByRole("link", { name: "Otters" }).waitFor({ state: "detached" })
            await isOn(page, "Otters")
            await page
              .locator(".list-group", { has: page.getByRole("heading", { name: "Today" }) })
              .getByRole("link")
              .waitFor()
            await reloaded(page)
            await row(page, "Otters").waitFor()
            await row(page, "Badgers").waitFor({ state: "detached" })
            await open()
            assert.deepStrictEqual(await folder.getByRole("link").allInnerTexts(), ["Badgers"])

            await menu(page, "Otters", "Archive")
            await row(page, "Otters").waitFor({ state: "detached" })
            await isOn(page, "Badgers")
            await page.getByRole("button", { name: "Archive", exact: true }).click()
            await kept(page, "Otters", "Back from the archive")
            await page.getByText("Nothing is archived.").waitFor()
            await page.getByRole("button", { name: "Back to all conversations" }).click()
            await row(page, "Otters").waitFor()
            await reloaded(page)
            await row(page, "Otters").waitFor()
            await page.getByRole("button", { name: "Archive", exact: true }).click()
            await page.getByText("Nothing is archived.").waitFor()
            await page.getByRole("button", { name: "Back to all conversations" }).click()
            await kept(page, "Otters", "Pin")
            await page.getByRole("heading", { name: "Pinned" }).waitFor()
            await isOn(page, "Otters")
            await kept(page, "Otters", "Unpin")
            await page.getByRole("heading", { name: "Pinned" }).waitFor({ state: "detached" })
            await isOn(page, "Otters")
            await menu(page, "Otters", "Move to folder", "New folder")
            await page.getByLabel("Name of the folder").fill("Zoo")
            await page.getByLabel("Name of the folder").press("Enter")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await isOn(page, "Otters")
            await menu(page, "Otters", "Delete")
            await row(page, "Otters").waitFor({ state: "detached" })
            // Its neighbours are rows, and what is closed has its own.
            await isOn(page, "Zoo")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("shows more at its end, until that is all: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const titles = Array.from({ length: manyConversations }, (_, number) => `Of otter ${number}`)
        yield* Effect.forEach(titles, (title) => createConversation(parley, { title }), { concurrency: 10 })
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const rows = page.locator(".sidebar-scroll .list-row")
        const more = page.getByRole("button", { name: "Show more" })
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await showList(page)
          await more.waitFor()
          assert.strictEqual(await rows.count(), 100)
          await more.click()
          await more.waitFor({ state: "detached" })
          const shown = await rows.getByRole("link").allInnerTexts()
          assert.deepStrictEqual(shown.toSorted(), titles.toSorted())
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
