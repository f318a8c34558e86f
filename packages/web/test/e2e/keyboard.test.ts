/** What keys do where they are pressed, and copying by them. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ViewportSize } from "playwright-core"
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
  phone,
  say,
  signIn,
  tablet,
  withoutWorker,
  places
} from "../support/openApp.ts"

/** A tablet or a phone, turned. */
const broad: ViewportSize = { width: 1180, height: 820 }

describe.skipIf(chromiumPath === "")("the keyboard", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "ends with Escape what it is pressed in, and the answer that is written meanwhile goes on: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Good day."), answer(["Half, ", "whole."], { holdAfter: 1 }))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Hello there")
            await ended(page).waitFor()
            await say(page, "Take your time")
            await page.getByText("Half,").waitFor()

            await page.locator(".person").first().hover()
            await page.locator(".person").first().getByRole("button", { name: "Edit", exact: true }).click()
            await page.getByLabel("Edit the message").press("Escape")
            await page.getByLabel("Edit the message").waitFor({ state: "detached" })
            // Each leaves the focus where it was opened from.
            const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)
            assert.strictEqual(await focused(), "Edit")
            await composer(page).press("ArrowUp")
            await page.getByLabel("Edit the message").press("Escape")
            await page.getByLabel("Edit the message").waitFor({ state: "detached" })
            assert.strictEqual(await focused(), "Message")

            await showList(page)
            await page.getByRole("link", { name: "Hello there" }).dblclick()
            await page.getByLabel("Title", { exact: true }).press("Escape")
            await page.getByRole("link", { name: "Hello there" }).waitFor()
            assert.strictEqual(await focused(), "Hello there")

            const search = page.getByRole("searchbox")
            await search.fill("otters")
            await search.press("Escape")
            assert.strictEqual(await search.inputValue(), "")
            if (place.viewport?.width === phone.viewport?.width) {
              // Pressed nowhere in particular, the list that lies over the conversation.
              await search.blur()
              await page.keyboard.press("Escape")
              await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
            }

            await composer(page).focus()
            await page.keyboard.press("Tab")
            await page.locator(".tooltip").getByText("Attach").waitFor()
            await page.keyboard.press("Escape")
            await page.locator(".tooltip").waitFor({ state: "detached" })
          })
          const request = yield* wire.received(1)
          request.release()
          yield* Effect.promise(async () => {
            await page.getByText("Half, whole.").waitFor()
            assert.strictEqual(await page.getByText("Stopped").count(), 0)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each([
      ["on a tablet", { viewport: tablet }],
      ["on a phone, in the dark", darkPhone]
    ] as const)("brings one to the search also where the list is closed, and stays in the box that is turned: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
          await page.keyboard.press("Control+Shift+F")
          assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "search")
          await page.keyboard.type("otters")
          assert.strictEqual(await page.getByRole("searchbox").inputValue(), "otters")

          const upright = page.viewportSize() ?? tablet
          const turn = async (size: ViewportSize, shown: string) => {
            await page.setViewportSize(size)
            await page.getByRole("button", { name: shown }).waitFor()
          }
          await turn(broad, "Close the sidebar")
          assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "search")
          await composer(page).fill("otters")
          await composer(page).press("ArrowLeft")
          await turn(upright, "Open the sidebar")
          await page.keyboard.type("1")
          await turn(broad, "Close the sidebar")
          await page.keyboard.type("2")
          assert.strictEqual(await composer(page).inputValue(), "otter12s")
          // What had the focus beside it is out of reach: then it is on what brings that back.
          await page.getByRole("searchbox").focus()
          await turn(upright, "Open the sidebar")
          assert.strictEqual(await page.evaluate(() => document.activeElement?.ariaLabel), "Open the sidebar")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("goes to the dialog that was asked for, also while it is on its way: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          const asked = Promise.withResolvers<void>()
          const arrives = Promise.withResolvers<void>()
          await page.route(/\/Palette-[^/]*\.js/, async (route) => {
            asked.resolve()
            await arrives.promise
            await route.continue()
          })
          await signIn(page, parley.url, parley.key)
          await composer(page).focus()
          await page.keyboard.press("Control+k")
          await asked.promise
          await page.keyboard.type("Set up")
          for (let step = 0; step < 3; step++) await page.keyboard.press("Backspace")
          // What it chooses is not seen yet.
          await page.keyboard.press("Enter")
          assert.strictEqual(await composer(page).inputValue(), "")
          arrives.resolve()
          await page.waitForFunction(() => document.activeElement?.closest(".palette") !== null)
          await page.keyboard.type("tings")
          assert.strictEqual(await page.getByPlaceholder("Search for a command").inputValue(), "Settings")
          await page.keyboard.press("Enter")
          await page.getByRole("dialog", { name: "Settings" }).waitFor()
          await page.waitForFunction(() => document.activeElement?.textContent === "General")
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await composer(page).pressSequentially("otters")
          assert.strictEqual(await composer(page).inputValue(), "otters")
        })
        assert.strictEqual(wire.requests.length, 0)
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "copies where a browser has no clipboard for pages, and says so where it lets nothing be copied: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("It is **short**."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            // As over plain HTTP to another machine.
            await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }))
            await signIn(page, parley.url, parley.key)
            await say(page, "Say it")
            await ended(page).waitFor()
            await page.locator(".answer").getByRole("button", { name: "Copy", exact: true }).click()
            await page.locator(".answer").getByRole("button", { name: "Copied" }).waitFor()
            await composer(page).focus()
            await page.keyboard.press("Control+V")
            assert.strictEqual(await composer(page).inputValue(), "It is **short**.")

            await page.evaluate(() => Object.defineProperty(document, "execCommand", { value: () => false }))
            await page.keyboard.press("Control+Shift+C")
            await page.getByRole("alert").filter({ hasText: "does not allow copying" }).waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
