/**
 * Every screen of the app, with whatever can stand open on it: on a desk by day in English; on a phone in the dark in German, whose words are longer,
 * its colours by day too, and there as wide as on a tablet with its text twice as large, as narrow as 320 px, and with its letters and lines further apart;
 * with more contrast, and from right to left. axe finds nothing; nothing pokes out or is cut; everything is large enough for a finger; and the focus is
 * seen wherever it goes, in forced colours too. Each is kept as a picture.
 *
 * No colour is chosen by the size of a window: what has contrast on a phone has it on a desk.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { BrowserContext, ViewportSize } from "playwright-core"
import { de } from "../../src/i18n/de.ts"
import { en, type TextKey } from "../../src/i18n/en.ts"
import { Home, type Lived } from "../support/lived.ts"
import { axeFaults, focusFaults, layoutFaults, settled, type Look } from "../support/lookOver.ts"
import { chromiumPath, desktop, openContext, openPageIn, phone, screenshot, tablet, withoutWorker } from "../support/openApp.ts"
import { badLuck, comingIn, screens, type Screens, type Walk } from "../support/screenWalks.ts"

interface View {
  readonly size: typeof desktop
  /** What is cut or pokes out is looked for as wide as on a tablet too. */
  readonly alsoTablet: boolean
  readonly language: "en" | "de"
  readonly scheme: "light" | "dark"
}

const views = {
  desktop: { size: desktop, alsoTablet: false, language: "en", scheme: "light" },
  phone: { size: phone, alsoTablet: true, language: "de", scheme: "dark" }
} as const satisfies Readonly<Record<string, View>>

/** As wide as a desk's window of 1,280 px is at 400 % (WCAG 2.2, 1.4.10). */
const narrow: ViewportSize = { width: 320, height: 640 }

describe.skipIf(chromiumPath === "")("every screen", () => {
  layer(Home.layer, { excludeTestServices: true })((it) => {
    for (const [name, view] of Object.entries(views)) {
      it.effect.each(Object.entries(screens))(`is without faults on a ${name}: %s`, ([, screen]) =>
        Effect.gen(function* () {
          const home = yield* Home
          const { faults, found } = yield* Effect.promise(() => walk(name, view, home, screen))
          assert.deepStrictEqual(found, [])
          assert.deepStrictEqual(faults, [])
        })
      )
    }
  })
})

/** Through some of the screens; what was found on them. */
const walk = async (name: string, view: View, home: Lived, through: Screens) => {
  const { alsoTablet, language, size } = view
  const found: Array<string> = []
  const context = await contextOf(name, view, home, through)
  const { faults, page } = await openPageIn(context)
  const catalogue = language === "de" ? de : en
  const t = (key: TextKey, values: Readonly<Record<string, string>> = {}) =>
    catalogue[key].replace(/\{\{(\w+)\}\}/g, (_, value: string) => values[value] ?? "")
  const add = (screen: string, faults: ReadonlyArray<string>) => {
    for (const fault of faults) found.push(`${screen}: ${fault}`)
  }
  const lookAtLayout = async (screen: string, how: Look): Promise<void> => {
    const { mirrored, plain } = await layoutFaults(page, how)
    add(screen, plain)
    add(`${screen}, from right to left`, mirrored)
  }
  const look = async (screen: string, { focus = false }: { readonly focus?: boolean } = {}): Promise<void> => {
    await lookAtLayout(`${screen}, ${name}`, { mirrored: true })
    await screenshot(page, `screen-${screen}`)
    if (alsoTablet) {
      const before = page.viewportSize() ?? assert.fail("the window has no size")
      await page.setViewportSize(tablet)
      await lookAtLayout(`${screen}, tablet`, { mirrored: true, placed: true })
      await lookAtLayout(`${screen}, tablet, text twice as large`, { text: "large" })
      await page.setViewportSize(narrow)
      await lookAtLayout(`${screen}, 320 px`, { placed: true })
      await page.setViewportSize(before)
      await lookAtLayout(`${screen}, text spaced`, { text: "spaced", placed: true })
      await settled(page)
    }
    add(screen, await axeFaults(page))
    if (!focus) return
    add(screen, await focusFaults(page))
    await page.emulateMedia({ contrast: "more" })
    await settled(page)
    add(`${screen}, more contrast`, await axeFaults(page, "colours"))
    await page.emulateMedia({ contrast: "no-preference", forcedColors: "active" })
    await settled(page)
    add(`${screen}, forced colours`, await focusFaults(page))
    if (name === "desktop") await screenshot(page, `screen-${screen}-forced-colours`)
    await page.emulateMedia({ contrast: "no-preference", forcedColors: "none" })
  }
  const button: Walk["button"] = (key, values) => page.getByRole("button", { name: t(key, values), exact: true })
  try {
    await through({
      page,
      home,
      t,
      look,
      button,
      item: (key) => page.getByRole("menuitem", { name: t(key) }),
      dialog: (key) => page.getByRole("dialog", { name: t(key) }),
      box: page.getByRole("textbox", { name: t("composer.label"), exact: true }),
      close: async () => {
        await page.keyboard.press("Escape")
        await page.locator(".menu, .dialog").first().waitFor({ state: "detached" })
      },
      go: async (place, until) => {
        // Another fragment alone would not load the page anew.
        await page.goto("about:blank")
        await page.goto(new URL(place, home.parley.url).href)
        await page.getByText(until).first().waitFor()
      },
      showSide: async () => {
        if (size !== desktop) await button("side.open").click()
        await page.getByRole("link", { name: "Of otters" }).waitFor()
      }
    })
  } catch (error) {
    await screenshot(page, "stuck")
    found.push(String(error))
  }
  await page.close()
  if (context !== shared.get(name)) await context.close()
  return { faults, found }
}

/** By the names of their views. */
const shared = new Map<string, BrowserContext>()

/** All walks of a view go through one window, which has the app's files and its worker by then; but for who is not signed in, and for who stops the clock. */
const contextOf = async (name: string, { language, scheme, size }: View, { browser, storageState }: Lived, through: Screens) => {
  const isShared = through !== comingIn && through !== badLuck
  const open = isShared ? shared.get(name) : undefined
  if (open !== undefined) return open
  const context = await openContext(browser, {
    ...(isShared ? {} : withoutWorker),
    ...size,
    colorScheme: scheme,
    reducedMotion: "reduce",
    locale: language === "de" ? "de-DE" : "en-GB",
    ...(through === comingIn ? {} : { storageState })
  })
  if (isShared) shared.set(name, context)
  return context
}
