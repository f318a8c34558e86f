/** What opens from buttons, which is fetched only when the page stands. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { axeFaults, settled } from "../support/lookOver.ts"
import {
  showList,
  App,
  chromiumPath,
  composer,
  freshApp,
  openClockedPage,
  openPageAgain,
  say,
  screenshot,
  signIn,
  places
} from "../support/openApp.ts"

const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "")

/** Something lies over the page, also under the pointer that rests, and is scrolled; both have been told by then. Gives back what takes it away. */
const cover = async (page: Page): Promise<() => Promise<void>> => {
  await page.evaluate(async () => {
    const over = document.createElement("div")
    over.id = "over"
    over.style.cssText = "position: fixed; inset: 0; z-index: 1000; overflow: auto"
    const long = document.createElement("p")
    long.style.height = "5000px"
    over.append(long)
    document.body.append(over)
    const told = (type: string) => new Promise((resolve) => over.addEventListener(type, resolve))
    const both = Promise.all([told("pointerover"), told("scroll")])
    over.scrollTop = 100
    await both
  })
  return () => page.evaluate(() => document.querySelector("#over")?.remove())
}

describe.skipIf(chromiumPath === "")("what opens from a button", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "a menu opens with its first press, is gone through by keyboard, and gives the focus back: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const account = page.getByRole("button", { name: "Account and settings" })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await showList(page)
            assert.strictEqual(await account.getAttribute("aria-haspopup"), "menu")
            assert.strictEqual(await account.getAttribute("aria-expanded"), "false")
            // Twice: as a plain button, and as what has taken its place.
            for (const key of ["ArrowDown", "Enter"]) {
              await account.focus()
              await page.keyboard.press(key)
              await page.getByRole("menuitem", { name: "Settings" }).waitFor()
              assert.strictEqual(await account.getAttribute("aria-expanded"), "true")
              // The menu takes the focus once it is open.
              await page.waitForFunction(() => document.activeElement?.closest("[role=menu]") !== null)
              await page.keyboard.press("End")
              await page.waitForFunction(() => document.activeElement?.textContent === "Sign out")
              await page.keyboard.press("Escape")
              await page.getByRole("menuitem").first().waitFor({ state: "detached" })
              assert.isTrue(await account.evaluate((button) => button === document.activeElement), await focused(page))
            }
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("a popover opens with its first press, and a choice in it closes it: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await page.getByRole("button", { name: "Model: gpt-5", exact: true }).click()
          await page.getByRole("option", { name: "gpt-5-mini" }).click()
          await page.getByRole("button", { name: "Model: gpt-5-mini" }).waitFor()
          await page.getByRole("option").first().waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "another model is asked from its answer; the palette chooses, stops, saves and archives: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("From one."), answer("From two."), answer(["Half, ", "whole."], { holdAfter: 1 }))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            const command = async (name: string) => {
              await page.keyboard.press("Control+k")
              await page.getByPlaceholder("Search for a command").fill(name)
              await page.keyboard.press("Enter")
              await page.getByPlaceholder("Search for a command").waitFor({ state: "detached" })
            }
            await signIn(page, parley.url, parley.key)
            await say(page, "Who are you?")
            await page.getByText("From one.").waitFor()
            await page.getByRole("button", { name: "Ask another model" }).click()
            await page.getByRole("option", { name: "gpt-5-mini" }).click()
            await page.getByText("From two.").waitFor()
            await page.getByText("2/2").waitFor()

            // Nobody looks for what is not shown.
            const id = page.url().split("/").at(-1) ?? ""
            await page.keyboard.press("Control+k")
            await page.getByPlaceholder("Search for a command").fill(id)
            await page.getByRole("status").getByText("Nothing matches.").waitFor()
            await page.keyboard.press("Escape")
            await page.getByPlaceholder("Search for a command").waitFor({ state: "detached" })
            await command("gpt-5-mini")
            await page.getByRole("button", { name: "Model: gpt-5-mini" }).waitFor()
            await say(page, "Go on")
            await page.getByText("Half,").waitFor()
            await command("Stop the answer")
            await page.getByText("Stopped").waitFor()
            const saving = page.waitForEvent("download")
            await command("Export as JSON")
            assert.match((await saving).suggestedFilename(), /\.json$/)
            await command("Archive")
            await page.getByText("is in the archive").waitFor()
          })
          assert.deepStrictEqual(
            wire.requests.map(({ model }) => model),
            ["gpt-5", "gpt-5-mini", "gpt-5-mini"]
          )
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("a list in which nothing is found says so, where axe finds nothing either: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await page.emulateMedia({ reducedMotion: "reduce" })
          await signIn(page, parley.url, parley.key)
          await page.keyboard.press("Control+k")
          await page.getByPlaceholder("Search for a command").fill("nothing is called so")
          await page.getByRole("status").getByText("Nothing matches.").waitFor()
          await settled(page)
          await screenshot(page, "palette-empty")
          assert.deepStrictEqual(await axeFaults(page), [])
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await composer(page).fill("/nothing")
          await page.getByText("No saved prompt matches.").waitFor()
          assert.deepStrictEqual(await axeFaults(page), [])
          await composer(page).fill("")
          await page.getByRole("button", { name: "Model: gpt-5", exact: true }).click()
          await page.getByRole("combobox", { name: "Find a model" }).fill("nothing is called so")
          await page.getByText("No model matches.").waitFor()
          await settled(page)
          assert.deepStrictEqual(await axeFaults(page), [])
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("a button's name is told to a pointer that rests on it and to the keyboard, until Escape", () =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser))
        const told = page.locator(".tooltip")
        const attach = page.getByRole("button", { name: "Attach" })
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await attach.hover()
          await told.getByText("Attach").waitFor()
          await page.keyboard.press("Escape")
          await told.waitFor({ state: "detached" })
          await page.getByRole("textbox", { name: "Message", exact: true }).focus()
          await page.keyboard.press("Tab")
          await told.getByText("Attach").waitFor()
          await page.keyboard.press("Tab")
          await told.getByText("Attach").waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect(
      "a button's name stays for the keyboard while the page moves under a resting pointer and scrolls elsewhere; a pointer's goes",
      () =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser))
          const told = page.locator(".tooltip").getByText("Attach")
          const attach = page.getByRole("button", { name: "Attach" })
          /** Longer than a pointer rests, and has for its way. */
          const pause = () => page.clock.runFor(1_000)
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await attach.hover()
            await told.waitFor()
            const uncover = await cover(page)
            await pause()
            await told.waitFor({ state: "detached" })
            await uncover()
            await page.mouse.move(700, 60)
            await page.getByRole("textbox", { name: "Message", exact: true }).focus()
            await page.keyboard.press("Tab")
            await told.waitFor()
            await cover(page)
            await pause()
            assert.isTrue(await told.isVisible())
            await attach.evaluate((button) => {
              const around = button.closest(".composer") ?? button
              around.dispatchEvent(new Event("scroll"))
            })
            await told.waitFor({ state: "detached" })
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
