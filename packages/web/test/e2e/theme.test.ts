/** The chosen theme: in the page, in the next one, and in no frame another. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { axeFaults, settled } from "../support/lookOver.ts"
import { App, chromiumPath, composer, freshApp, openPageAgain, places, showList, signIn } from "../support/openApp.ts"

interface Looks {
  readonly scheme: string
  readonly canvas: string
}

const light: Looks = { scheme: "light", canvas: "oklch(0.986 0.004 95)" }
const dark: Looks = { scheme: "dark", canvas: "oklch(0.195 0.012 255)" }
/** What none is chosen for is as the system has it. */
const system = "light dark"

/** In the page, before anything of it: how it looks in each frame that is painted, where that is not as in the one before. */
const watchFrames = () => {
  const seen: Array<string> = []
  const look = () => {
    const now = `${getComputedStyle(document.documentElement).colorScheme}, ${getComputedStyle(document.documentElement).backgroundColor}`
    if (now !== seen.at(-1)) seen.push(now)
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  Object.assign(globalThis, { seenFrames: seen })
}

const looksOf = (page: Page): Promise<Looks> =>
  page.evaluate(() => ({
    scheme: getComputedStyle(document.documentElement).colorScheme,
    canvas: getComputedStyle(document.documentElement).backgroundColor
  }))

describe.skipIf(chromiumPath === "")("the theme", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "is chosen in the settings and in the palette, is there from the first frame of a page that is loaded anew, and is the system's again: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const [own, other] = place.colorScheme === "dark" ? [dark, light] : [light, dark]
          const [ownName, otherName] = place.colorScheme === "dark" ? ["Dark", "Light"] : ["Light", "Dark"]
          const choose = async (name: string) => {
            await showList(page)
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            // The circle is there for screen readers only: its name is what is pressed.
            await page.getByRole("dialog").locator("label", { hasText: name }).click()
            assert.isTrue(await page.getByRole("radio", { name }).isChecked())
          }
          yield* Effect.promise(async () => {
            await page.addInitScript(watchFrames)
            await signIn(page, parley.url, parley.key)
            assert.deepStrictEqual(await looksOf(page), { ...own, scheme: system })
            await choose(otherName)
            assert.deepStrictEqual(await looksOf(page), other)
            await page.reload()
            await composer(page).waitFor()
            assert.deepStrictEqual(await page.evaluate("seenFrames"), [`${other.scheme}, ${other.canvas}`])
            await settled(page)
            assert.deepStrictEqual(await axeFaults(page, "colours"), [])

            await page.keyboard.press("Control+k")
            await page.getByPlaceholder("Search for a command").fill(`Theme: ${ownName}`)
            await page.keyboard.press("Enter")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            assert.deepStrictEqual(await looksOf(page), own)
            await page.emulateMedia({ colorScheme: other.scheme === "dark" ? "dark" : "light" })
            assert.deepStrictEqual(await looksOf(page), own, "what was chosen holds, whatever the system has")
            await choose("System")
            assert.deepStrictEqual(await looksOf(page), { ...other, scheme: system })
            await page.reload()
            await composer(page).waitFor()
            assert.deepStrictEqual(await page.evaluate("seenFrames"), [`${system}, ${other.canvas}`])
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
