/** By keyboard and by ear: where the focus goes, and what is told. How each screen looks is shown by `screens.test.ts`. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  desktop,
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  openPageAgain,
  phone,
  say,
  signIn,
  places
} from "../support/openApp.ts"

describe.skipIf(chromiumPath === "")("for everybody", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect("on a phone the list lies over the conversation, keeps the focus, and gives it back where it was opened", () =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...phone, colorScheme: "dark" }))
        const focused = (name: string) =>
          page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, name)
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          const opener = page.getByRole("button", { name: "Open the sidebar" })
          await opener.click()
          await page.waitForFunction(() => document.activeElement?.closest("nav") !== null)
          const stops = new Set<boolean>()
          for (let step = 0; step < 12; step++) {
            await page.keyboard.press("Tab")
            stops.add(await page.evaluate(() => document.activeElement?.closest(".shell-main, .skip") !== null))
          }
          assert.deepStrictEqual([...stops], [false], "the keyboard does not go below it")
          await page.getByRole("searchbox").fill("otters")
          await page.getByRole("searchbox").press("Escape")
          assert.strictEqual(await page.getByRole("searchbox").inputValue(), "", "first of all the search ends")
          await page.getByRole("button", { name: "Close the sidebar" }).focus()
          await page.keyboard.press("Escape")
          await focused("Open the sidebar")
          await opener.press("Enter")
          await page.getByRole("button", { name: "Close the sidebar" }).click()
          await focused("Open the sidebar")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("on a phone the system's back closes what was opened last, and one thing at a time", () =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...phone, colorScheme: "dark" }))
        // The browser asks the page to close something as it does on Android: no script sees a key.
        const back = () => page.keyboard.press("Escape")
        yield* Effect.promise(async () => {
          await page.addInitScript(() =>
            addEventListener("keydown", (event) => event.key === "Escape" && event.stopImmediatePropagation(), true)
          )
          await signIn(page, parley.url, parley.key)
          await page.getByRole("button", { name: "Open the sidebar" }).click()
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).waitFor()
          await back()
          await page.getByRole("menuitem").first().waitFor({ state: "detached" })
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).click()
          await page.getByRole("dialog", { name: "Settings" }).waitFor()
          await back()
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await page.getByRole("button", { name: "Close the sidebar" }).waitFor()
          await back()
          await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("everything can be reached by keyboard, and a finished answer is told once: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Heard."))
        const { page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Hello")
          await ended(page).waitFor()
          await page.getByRole("status").filter({ hasText: "The answer is finished." }).waitFor({ state: "attached" })
          const isAtBox = await composer(page).evaluate((box) => box === document.activeElement)
          assert.strictEqual(isAtBox, place === desktop, "the box keeps the focus, where that brings up no keyboard")
          const isOpen = await page.getByRole("button", { name: "Close the sidebar" }).isVisible()
          await page.keyboard.press("Control+Shift+s")
          await page.getByRole("button", { name: isOpen ? "Open the sidebar" : "Close the sidebar" }).waitFor()
          await page.keyboard.press("Control+Shift+s")
          await page.keyboard.press("Shift+Escape")
          await page.keyboard.press("ArrowUp")
          await page.getByLabel("Edit the message").waitFor()
          await page.keyboard.press("Escape")
          await page.getByLabel("Edit the message").waitFor({ state: "detached" })
          await page.locator(".thread-scroll").focus()
          await page.keyboard.press("?")
          await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor()
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await page.keyboard.press("Control+Shift+o")
          await page.getByRole("heading", { name: /^Good / }).waitFor()
        })
      })
    )

    it.effect.each(places)("Escape stops the answer that is being written: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer(["As far as this", " and no further"], { holdAfter: 1 }))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Hello")
          await page.getByText("As far as this").waitFor()
          await page.keyboard.press("Escape")
          await page.getByText("Stopped", { exact: true }).waitFor()
        })
        const request = yield* wire.received(0)
        yield* request.aborted
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
