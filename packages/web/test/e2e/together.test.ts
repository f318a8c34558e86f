/** What people do with the app together: in one room, and by links to what was said. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import type { Download, Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  App,
  chromiumPath,
  composer,
  darkPhone,
  desktop,
  ended,
  openPageAgain,
  say,
  screenshot,
  showList,
  places,
  signIn,
  freshApp
} from "../support/openApp.ts"

const contentOf = async (saved: Download): Promise<string> => readFile(await saved.path(), "utf8")

/** What is chosen in the list stands there at once, the caret behind it; whoever moves on in the same moment is not set back. */
const chosenAndMoved = (page: Page): Promise<{ readonly chosen: number; readonly later: number }> =>
  page.locator("#composer").evaluate(async (box) => {
    if (!(box instanceof HTMLTextAreaElement)) throw new Error("the box is not there")
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }))
    const chosen = box.selectionStart
    box.setSelectionRange(0, 0)
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
    return { chosen, later: box.selectionStart }
  })

describe.skipIf(chromiumPath === "")("people", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each([
      ["from a phone in the dark to a desk", darkPhone, desktop],
      ["from a desk to a phone in the dark", desktop, darkPhone]
    ] as const)(
      "brings a second person into the room by link: they see each other, and a model answers when it is called: %s",
      ([, hosts, guests]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Hello."), answer("You called."), answer("Chosen."))
          const host = yield* Effect.promise(() => openPageAgain(browser, hosts))
          const guest = yield* Effect.promise(() => openPageAgain(browser, guests))
          yield* Effect.promise(async () => {
            await signIn(host.page, parley.url, parley.key)
            await say(host.page, "A room")
            await ended(host.page).waitFor()
            await host.page.getByRole("button", { name: "Invite people" }).click()
            await host.page.getByRole("button", { name: "Create link" }).click()
            const field = host.page.getByLabel("Invitation link")
            const link = await field.inputValue()
            assert.isTrue(await field.evaluate((box) => box === document.activeElement))
            await host.page.keyboard.press("Escape")
            await guest.page.goto(link)
            await guest.page.getByRole("heading", { name: "Join “A room”" }).waitFor()
            await screenshot(guest.page, "invitation")
            await guest.page.getByLabel("Your name").fill("Ada")
            await guest.page.getByRole("button", { name: "Join" }).click()
            await guest.page.getByText("Hello.").waitFor()
            await host.page.getByRole("button", { name: "2 people" }).waitFor()
            // Whoever stops typing is not shown for long: looked for before it begins.
            const typing = host.page.getByText("Ada is typing").waitFor()
            await composer(guest.page).pressSequentially("Good day to you")
            await typing
            await composer(guest.page).press("Enter")
            await host.page.getByText("Good day to you").waitFor()
            assert.strictEqual(wire.requests.length, 1, "people may talk without a model")
            await say(host.page, "@openai/gpt-5 are you there?")
            await guest.page.getByText("You called.").waitFor()
            await screenshot(host.page, "room")
            // Chosen from the list that an @ opens, by a press and by the keyboard; and once more, when what was chosen first has gone.
            const box = composer(host.page)
            await box.pressSequentially("@mini")
            await host.page.getByRole("option", { name: "gpt-5-mini" }).click()
            assert.strictEqual(await box.inputValue(), "@openai/gpt-5-mini ")
            await box.pressSequentially("and you?")
            await box.press("Enter")
            await guest.page.getByText("Chosen.").waitFor()
            await box.pressSequentially("@")
            await host.page.getByRole("listbox", { name: "Models and people" }).waitFor()
            await box.press("ArrowUp")
            await host.page.getByRole("option", { name: /^Ada/, selected: true }).waitFor()
            assert.deepStrictEqual(await chosenAndMoved(host.page), { chosen: "@Ada ".length, later: 0 })
            await box.press("End")
            await box.pressSequentially("hears it")
            await box.press("Enter")
            await guest.page.getByText("@Ada hears it").waitFor()
            assert.deepStrictEqual(
              wire.requests.map(({ model }) => model),
              ["gpt-5", "gpt-5", "gpt-5-mini"],
              "a person's name calls no model"
            )
            const here = host.page.locator(".faces [data-online]")
            assert.strictEqual(await here.count(), 2)
            await guest.page.goto("about:blank")
            await here.nth(1).waitFor({ state: "detached" })
            assert.strictEqual(await here.count(), 1, "whoever has left is not shown as being there")
          })
          assert.deepStrictEqual([...host.faults, ...guest.faults], [])
        })
    )

    it.effect.each(places)(
      "shares a branch by link with somebody who is not signed in, until it is withdrawn; and saves it as a file: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Worth sharing."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const reader = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Say something good")
            await ended(page).waitFor()
            await page.getByRole("button", { name: "Options of the conversation" }).click()
            const saving = page.waitForEvent("download")
            await page.getByRole("menuitem", { name: "Export as Markdown" }).click()
            assert.match((await saving).suggestedFilename(), /\.md$/)
            assert.match(await contentOf(await saving), /^# Say something good\n[^]*Say something good[^]*Worth sharing\./)
            await page.getByRole("button", { name: "Options of the conversation" }).click()
            const savingJson = page.waitForEvent("download")
            await page.getByRole("menuitem", { name: "Export as JSON" }).click()
            assert.match((await savingJson).suggestedFilename(), /\.json$/)
            const { conversation, messages } = JSON.parse(await contentOf(await savingJson))
            assert.strictEqual(conversation.title, "Say something good")
            assert.deepStrictEqual(
              messages.map(({ content, role }: { readonly role: string; readonly content: ReadonlyArray<unknown> }) => [
                role,
                content
              ]),
              [
                ["user", [{ type: "text", text: "Say something good" }]],
                ["assistant", [{ type: "text", text: "Worth sharing." }]]
              ]
            )
            await page.keyboard.press("Escape")
            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            const link = await page.getByLabel("Copy the link").inputValue()
            await reader.page.goto(link)
            await reader.page.getByText("Worth sharing.").waitFor()
            await screenshot(reader.page, "shared")
            const told = page.getByText("The link no longer works.").waitFor()
            await page.getByRole("button", { name: "Withdraw" }).click()
            await told
            await reader.page.reload()
            await reader.page.getByText("This link does not work (any more)").waitFor()
          })
          assert.deepStrictEqual([...faults, ...reader.faults], [])
        })
    )

    it.effect.each(places)("takes somebody who is signed in already into another room, as who they are: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Hello."), answer("Hello again."))
        const host = yield* Effect.promise(() => openPageAgain(browser))
        const guest = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          const invited = async (title: string): Promise<string> => {
            await host.page.goto(parley.url)
            await say(host.page, title)
            await ended(host.page).waitFor()
            await host.page.getByRole("button", { name: "Invite people" }).click()
            await host.page.getByRole("button", { name: "Create link" }).click()
            return host.page.getByLabel("Invitation link").inputValue()
          }
          await signIn(host.page, parley.url, parley.key)
          await guest.page.goto(await invited("A room"))
          await guest.page.getByLabel("Your name").fill("Ada")
          await guest.page.getByRole("button", { name: "Join" }).click()
          await guest.page.getByText("Hello.").waitFor()
          // As a link that is followed from elsewhere: another fragment alone would not load the page anew.
          const another = await invited("Another room")
          await guest.page.goto("about:blank")
          await guest.page.goto(another)
          await guest.page.getByRole("heading", { name: "Join “Another room”" }).waitFor()
          await guest.page.getByText("You join as Ada.").waitFor()
          await guest.page.getByRole("button", { name: "Join" }).click()
          await guest.page.getByText("Hello again.").waitFor()
          await host.page.keyboard.press("Escape")
          await host.page.getByRole("button", { name: "2 people" }).click()
          await host.page.getByRole("dialog").getByText("Ada", { exact: true }).waitFor()
          await showList(guest.page)
          for (const title of ["A room", "Another room"])
            await guest.page.getByRole("link", { name: new RegExp(`^${title}`) }).waitFor()
        })
        assert.deepStrictEqual([...host.faults, ...guest.faults], [])
      })
    )
  })
})
