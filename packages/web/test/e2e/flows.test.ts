/** What people do with the app by themselves, from the way in on. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Locator } from "playwright-core"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  enterKey,
  openPageAgain,
  phone,
  places,
  say,
  screenshot,
  showList,
  signIn,
  freshApp,
  rowMenu
} from "../support/openApp.ts"

describe.skipIf(chromiumPath === "")("the app", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "takes a key, begins a conversation, and shows its answer, which a reload in the middle does not harm: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer(["The **first** half, ", "and the second."], { holdAfter: 1 }))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await page.goto(parley.url)
            await enterKey(page, "pk_this_is_not_a_key_that_anyone_was_given")
            await page.getByText("This key is not accepted").waitFor()
            await enterKey(page, parley.key)
            await say(page, "Tell me.")
            await page.getByText("The first half,").waitFor()
            await page.reload()
            await page.getByText("The first half,").waitFor()
          })
          const request = yield* wire.received(0)
          request.release()
          yield* Effect.promise(async () => {
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".answer .markdown").innerText(), "The first half, and the second.")
            assert.strictEqual(await page.locator(".bubble").count(), 1)
            await showList(page)
            await page.getByRole("link", { name: "Tell me." }).waitFor()
          })
          assert.strictEqual(wire.requests.length, 1)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("stops, answers again and edits: the versions stay, and can be gone back to: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(
          answer(["As far as this", " and no further"], { holdAfter: 1 }),
          answer("Another answer."),
          answer("To the edited one.")
        )
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Tell me.")
          await page.getByText("As far as this").waitFor()
          await page.getByRole("button", { name: "Stop", exact: true }).click()
          await page.getByText("Stopped", { exact: true }).waitFor()
          // Pressed twice before the first press is seen, it is asked once.
          await ended(page).evaluate((button) => {
            for (let press = 0; press < 2; press++) button.dispatchEvent(new MouseEvent("click", { bubbles: true }))
          })
          await page.getByText("Another answer.").waitFor()
          await page.getByText("2/2").waitFor()
          await page.getByRole("button", { name: "Previous version" }).click()
          await page.getByText("As far as this").waitFor()
          await page.getByRole("button", { name: "Next version" }).click()
          await page.locator(".person").hover()
          await page.getByRole("button", { name: "Edit", exact: true }).click()
          await page.getByLabel("Edit the message").fill("Tell me more.")
          await page.getByRole("button", { name: "Send as a new version" }).click()
          await page.waitForFunction(() => document.activeElement?.id === "composer")
          await page.getByText("To the edited one.").waitFor()
          await page.locator(".person").getByRole("button", { name: "Previous version" }).click()
          await page.getByText("Another answer.").waitFor()
        })
        assert.strictEqual(wire.requests.length, 3)
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "keeps conversations in order: renamed, pinned, in a folder, found, archived, and deleted with a way back: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("About otters."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const menu = (title: string, item: string) => rowMenu(page, title, item)
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await showList(page)
            // A menu that closes gives the focus back where it was, in another one that was open before; the field keeps it all the same.
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem").first().waitFor()
            await page.keyboard.press("Escape")
            await page.getByRole("menuitem").first().waitFor({ state: "detached" })
            await menu("Otters", "Rename")
            await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Title")
            await page.getByLabel("Title").fill("Sea otters")
            await page.getByLabel("Title").press("Enter")
            const isOnRow = () =>
              page.waitForFunction(() => document.activeElement?.closest(".list-row")?.textContent.startsWith("Sea otters"))
            await isOnRow()
            await menu("Sea otters", "Pin")
            await page.getByRole("heading", { name: "Pinned" }).waitFor()
            await menu("Sea otters", "Unpin")
            await menu("Sea otters", "Move to folder")
            await page.getByRole("menuitem", { name: "New folder" }).click()
            await page.waitForFunction(() => document.activeElement?.parentElement?.textContent === "Name of the folder")
            await page.keyboard.type("Animals")
            await page.keyboard.press("Enter")
            await page.locator(".list-folder").getByRole("link", { name: "Sea otters" }).waitFor()
            await isOnRow()
            // It holds what is being read, and so it is open.
            await page.getByRole("button", { name: /^Animals/ }).waitFor()
            await page.getByRole("button", { name: "Options for the folder Animals" }).click()
            await page.getByRole("menuitem", { name: "Rename" }).click()
            await page.getByLabel("Name of the folder").fill("Wild animals")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await page.getByRole("button", { name: /^Wild animals/ }).waitFor()
            assert.strictEqual(await page.getByRole("button", { name: /^Animals/ }).count(), 0)
            await page.locator(".list-folder").getByRole("link", { name: "Sea otters" }).waitFor()
            // Told in passing: looked for before it comes.
            const removed = page.getByText("The folder “Wild animals” is gone; its conversations are kept.").waitFor()
            await page.getByRole("button", { name: "Options for the folder Wild animals" }).click()
            await page.getByRole("menuitem", { name: "Delete" }).click()
            await removed
            await page.locator(".list-folder").waitFor({ state: "detached" })
            await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor()
            await page.getByRole("searchbox").fill("otters")
            await page.getByText("In messages").waitFor()
            await page.locator(".list-excerpt mark").first().waitFor()
            await page.getByRole("button", { name: "Clear the search" }).click()
            // The way back is there in passing: each is asked for before it comes.
            const unarchived = page.getByRole("button", { name: "Undo" }).click()
            await menu("Sea otters", "Archive")
            await unarchived
            await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor()
            const toast = page.locator(".toast", { hasText: "“Sea otters” was deleted." })
            const held = toast.hover()
            await menu("Sea otters", "Delete")
            // As long as the mouse is over it, it stays.
            await held
            await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor({ state: "detached" })
            await toast.getByRole("button", { name: "Undo" }).click()
            await page.waitForURL(/\/c\//)
            // What stood beside the list was gone, and a new conversation there: the drawer has closed.
            await showList(page)
            await page.getByRole("link", { name: "Sea otters", exact: true }).waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "keeps prompts for a / in its library; speaks German; is driven from the command palette: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const isPhone = place.viewport === phone.viewport
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            // Without a keyboard it is in the menu of the account.
            if (isPhone) {
              await page.getByRole("button", { name: "Open the sidebar" }).click()
              await page.getByRole("button", { name: "Account and settings" }).click()
              await page.getByRole("menuitem", { name: "Command palette" }).click()
            } else await page.keyboard.press("Control+k")
            await page.getByPlaceholder("Search for a command").fill("sett")
            await page.keyboard.press("Enter")
            await page.getByRole("tab", { name: "Prompt library" }).click()
            await page.getByRole("button", { name: "New prompt" }).click()
            await page.waitForFunction(() => document.activeElement?.parentElement?.textContent === "Name")
            await page.keyboard.type("Summary")
            await page.getByLabel("Text", { exact: true }).fill("Summarise this in three points:")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByText("Summarise this in three points:").waitFor()
            await page.waitForFunction(() => document.activeElement?.textContent === "New prompt")
            await page.getByRole("button", { name: "New prompt" }).click()
            await page.getByLabel("Name", { exact: true }).fill("Sum of it")
            await page.getByLabel("Text", { exact: true }).fill("One that is not kept")
            await page.getByRole("button", { name: "Save" }).click()
            // The field has that text too. A press while it makes room for the list would miss.
            await page.waitForFunction(() => document.activeElement?.textContent === "New prompt")
            await page.getByRole("tab", { name: "Presets" }).click()
            await page.getByRole("button", { name: "New preset" }).click()
            await page.getByLabel("Name", { exact: true }).fill("Teacher")
            await page.getByLabel("System prompt").fill("Explain as to a child.")
            await page.getByRole("button", { name: "Save" }).click()
            // Both at the end: on a phone a note lies over what makes a new one, for as long as it is there.
            const entry = (name: string) => page.getByRole("dialog").getByRole("listitem").filter({ hasText: name })
            const presetDeleted = page.getByText("The preset “Teacher” was deleted.").waitFor()
            await entry("Teacher").getByRole("button", { name: "Delete" }).click()
            await presetDeleted
            await page.getByText("Nothing here yet.").waitFor()
            await page.getByRole("tab", { name: "Prompt library" }).click()
            const deleted = page.getByText("The prompt “Sum of it” was deleted.").waitFor()
            await entry("Sum of it").getByRole("button", { name: "Delete" }).click()
            await deleted
            await entry("Sum of it").waitFor({ state: "detached" })
            await page.keyboard.press("Escape")
            // A note is a dialog by its role too.
            await page.getByRole("dialog", { name: "Settings" }).waitFor({ state: "detached" })
            // And on a phone it lies over the menu below: a page that is loaded anew has none.
            await page.reload()
            await composer(page).pressSequentially("/sum")
            await page.getByRole("option", { name: "Summary" }).waitFor()
            assert.strictEqual(await page.getByRole("option").count(), 1, "what was deleted is not offered")
            await composer(page).press("Enter")
            assert.strictEqual(await composer(page).inputValue(), "Summarise this in three points:")
            if (isPhone) await page.getByRole("button", { name: "Open the sidebar" }).click()
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            await page.getByLabel("Language").selectOption("Deutsch")
            await page.getByRole("dialog", { name: "Einstellungen" }).waitFor()
            assert.strictEqual(await page.locator("html").getAttribute("lang"), "de")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("copies a block of code, what one wrote oneself, and a link, each whole: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        const code = "const half = (count: number) => count / 2\n\nhalf(84) // 42"
        wire.enqueue(answer(`Here:\n\n\`\`\`ts\n${code}\n\`\`\`\n\nThat is all.`))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
          const copied = async (of: Locator): Promise<string> => {
            await of.getByRole("button", { name: "Copy", exact: true }).click()
            await of.getByRole("button", { name: "Copied" }).waitFor()
            return page.evaluate(() => navigator.clipboard.readText())
          }
          await signIn(page, parley.url, parley.key)
          await say(page, "Halve it,\n\n  **please**")
          await ended(page).waitFor()
          assert.strictEqual((await copied(page.locator(".md-code"))).trimEnd(), code)
          await page.locator(".person").hover()
          assert.strictEqual(await copied(page.locator(".person")), "Halve it,\n\n  **please**")
          await page.getByRole("button", { name: "Share by link" }).click()
          await page.getByRole("button", { name: "Create a link" }).click()
          const field = page.getByLabel("Copy the link")
          const link = await field.inputValue()
          // The button that was pressed is gone.
          assert.isTrue(await field.evaluate((box) => box === document.activeElement))
          assert.strictEqual(await copied(page.getByRole("dialog")), link)
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "asks as a preset says, with its parameters, with another model and a file; and what came is copied whole: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("It is **short**."), answer("And *warmer*."))
          yield* request(parley, "POST", "/api/prompts", {
            kind: "preset",
            name: "Teacher",
            text: "Explain as to a child.",
            model: "openai/gpt-5-mini"
          })
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const isPhone = place.viewport === phone.viewport
          const parameters = page.getByRole("button", { name: "How it answers" })
          yield* Effect.promise(async () => {
            await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
            await signIn(page, parley.url, parley.key)
            if (isPhone) await page.getByRole("button", { name: "Open the sidebar" }).click()
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            await page.getByRole("tab", { name: "Presets" }).click()
            await page.getByRole("button", { name: "Edit", exact: true }).click()
            await page.getByLabel("Temperature").fill("0.3")
            await page.getByLabel("Longest answer").fill("77")
            await screenshot(page, "preset")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByRole("button", { name: "New preset" }).waitFor()
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            if (isPhone) await page.getByRole("button", { name: "Close the sidebar" }).click()

            await parameters.click()
            await page.getByLabel("Preset").selectOption("Teacher")
            assert.strictEqual(await page.getByLabel("Temperature").inputValue(), "0.3")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByRole("button", { name: "Model: gpt-5-mini" }).waitFor()
            await page.locator("input[type=file]").setInputFiles({
              name: "notes.txt",
              mimeType: "text/plain",
              buffer: Buffer.from("of vaccines")
            })
            await page.getByRole("button", { name: "Remove notes.txt" }).waitFor()
            await say(page, "What is it?")
            await ended(page).click({ trial: true })
            await page.locator(".answer").getByRole("button", { name: "Copy", exact: true }).click()
            await page.getByRole("button", { name: "Copied" }).waitFor()
            assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), "It is **short**.")

            await parameters.click()
            await page.getByLabel("Temperature").fill("1.2")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await page.getByRole("button", { name: "Model: gpt-5-mini" }).click()
            await page.getByRole("option", { name: "gpt-5", exact: false }).first().click()
            await page.getByRole("button", { name: "Model: gpt-5", exact: true }).waitFor()
            await say(page, "And now?")
            await page.getByText("And warmer.").waitFor()
          })
          const [first, second] = wire.requests.map(({ body, model }) => ({ model, said: JSON.stringify(body) }))
          assert.strictEqual(first?.model, "gpt-5-mini")
          for (const part of ["Explain as to a child.", "of vaccines", '"temperature":0.3', ":77"])
            assert.include(first?.said, part)
          assert.strictEqual(second?.model, "gpt-5")
          assert.include(second?.said, '"temperature":1.2')
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
