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
import type { BrowserContext, Locator, Page, ViewportSize } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { de } from "../../src/i18n/de.ts"
import { en, type TextKey } from "../../src/i18n/en.ts"
import { framesPass } from "../support/frames.ts"
import { Home, type Lived } from "../support/lived.ts"
import { axeFaults, focusFaults, layoutFaults, readEasily, settled } from "../support/lookOver.ts"
import {
  chromiumPath,
  desktop,
  goOffline,
  openContext,
  openPageIn,
  phone,
  screenshot,
  tablet,
  withoutWorker
} from "../support/openApp.ts"

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

interface Walk {
  readonly page: Page
  readonly home: Lived
  /** Opens a list that lies over the conversation. */
  readonly showSide: () => Promise<void>
  readonly t: (key: TextKey, values?: Readonly<Record<string, string>>) => string
  readonly look: (screen: string, options?: { readonly focus?: boolean }) => Promise<void>
  readonly go: (place: string, until: string) => Promise<void>
  readonly button: (key: TextKey, values?: Readonly<Record<string, string>>) => Locator
  readonly item: (key: TextKey) => Locator
  readonly dialog: (key: TextKey) => Locator
  readonly box: Locator
  readonly close: () => Promise<void>
}

const comingIn = async ({ page, look, go, t, button, home: { places } }: Walk): Promise<void> => {
  await go("/", t("signIn.title"))
  await look("sign-in", { focus: true })
  await page.getByLabel(t("signIn.key")).fill("pk_nobody_has_this_one")
  await button("signIn.continue").click()
  await page.getByText(t("signIn.refused")).waitFor()
  await look("sign-in-refused")
  await go(places.invitation, t("invite.join"))
  await look("invitation", { focus: true })
  await go(places.noInvitation, t("invite.gone"))
  await look("invitation-gone")
  await go(places.shared, "A walrus, and a square.")
  await look("shared", { focus: true })
  await go(places.noShare, t("share.notFound"))
  await look("shared-gone")
}

const welcome = async ({ page, look, go, t, button, box }: Walk): Promise<void> => {
  await go("/", t("welcome.lead"))
  await look("welcome", { focus: true })
  await box.fill("/")
  await page.getByRole("option", { name: "Summary" }).waitFor()
  await look("prompts")
  await box.fill("")
  await page.locator("input[type=file]").setInputFiles([
    { name: "Notes with a name that goes on and on for a while.txt", mimeType: "text/plain", buffer: Buffer.from("notes") },
    { name: "paper.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF") }
  ])
  await button("composer.remove", { name: "paper.pdf" }).waitFor()
  await look("attachments", { focus: true })
}

const list = async ({ page, look, go, t, button, item, dialog, close, showSide }: Walk): Promise<void> => {
  await go("/", t("welcome.lead"))
  await showSide()
  await look("list", { focus: true })
  await button("list.menu", { title: "Of otters" }).click()
  await item("list.moveTo").click()
  await page.getByRole("menuitem", { name: "An empty one" }).waitFor()
  await page.getByRole("menuitem", { name: t("list.newFolder") }).click()
  await dialog("list.newFolder").waitFor()
  await look("folder", { focus: true })
  await close()
  await button("list.menu", { title: "Of otters" }).click()
  await item("list.moveTo").click()
  await page.getByRole("menuitem", { name: t("list.newFolder") }).waitFor()
  await look("list-menu")
  await go("/", t("welcome.lead"))
  await showSide()
  await button("list.menu", { title: "Of otters" }).click()
  await item("action.rename").click()
  await page.getByRole("textbox", { name: t("list.titleLabel") }).waitFor()
  await look("rename")
  await page.getByRole("textbox", { name: t("list.titleLabel") }).press("Escape")
  await page.getByRole("button", { name: /^An empty one/ }).click()
  await page.getByRole("button", { name: /^Work in progress/ }).click()
  await button("list.folderMenu", { name: "Work in progress" }).click()
  await item("action.rename").waitFor()
  await look("folder-menu")
  await close()
  await page.getByRole("searchbox").fill("the")
  await page.locator(".list-excerpt mark").first().waitFor()
  await look("search")
  await page.getByRole("searchbox").fill("nothing has this in it")
  await page.getByText(t("list.noResults", { query: "nothing has this in it" })).waitFor()
  await look("search-empty")
  await page.getByRole("searchbox").fill("")
  await button("list.archived").click()
  await page.getByRole("link", { name: "Put away" }).waitFor()
  await look("archive")
  await button("list.back").click()
}

const settings = async ({ page, look, go, t, button, item, dialog, close, showSide }: Walk): Promise<void> => {
  await go("/", t("welcome.lead"))
  await showSide()
  const account = page.getByRole("button", { name: t("side.account") })
  await account.click()
  await item("settings.title").waitFor()
  await look("account")
  await item("settings.title").click()
  await dialog("settings.title").waitFor()
  await look("settings", { focus: true })
  await page.getByRole("tab", { name: t("settings.prompts") }).click()
  await page.getByText("Proofread").first().waitFor()
  await look("prompt-library", { focus: true })
  await button("settings.promptNew").click()
  await page.getByLabel(t("settings.promptText")).waitFor()
  await look("prompt-form", { focus: true })
  await page.getByRole("tab", { name: t("settings.presets") }).click()
  await button("settings.presetNew").click()
  await page.getByLabel(t("parameters.system")).waitFor()
  await look("preset-form")
  await close()
  await account.click()
  await item("shortcuts.title").click()
  await dialog("shortcuts.title").waitFor()
  await look("shortcuts")
  await close()
}

const wholeAnswer = async ({ page, look, go, t, button, close, home: { places } }: Walk): Promise<void> => {
  await go(places.rich, "Nested")
  await page.getByText(t("message.thought")).first().click()
  await page.locator(".katex").first().waitFor()
  await page.locator(".hljs-keyword").first().waitFor()
  await page.locator(".thread-scroll").evaluate((scroller) => scroller.scrollTo(0, 0))
  await look("answer-begins", { focus: true })
  await page.locator(".thread-scroll").evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight))
  await look("answer-ends")
  await page.locator(".message-meta").last().click()
  await page.getByText(t("message.inputTokens")).waitFor()
  await look("details")
  await close()
  await page.locator(".person").last().hover()
  await button("action.edit").click()
  await page.getByLabel(t("message.edit")).waitFor()
  await look("edit", { focus: true })
}

const overAConversation = async ({ page, look, go, t, button, item, close, home: { places } }: Walk): Promise<void> => {
  await go(places.rich, "Nested")
  await page.getByRole("button", { name: `${t("models.label")}: best` }).click()
  await page.getByRole("option", { name: /second/ }).waitFor()
  await look("models")
  await close()
  await page
    .locator(".composer")
    .getByRole("button", { name: t("parameters.title") })
    .click()
  await page.getByLabel(t("parameters.system")).waitFor()
  await look("parameters", { focus: true })
  await close()
  await button("share.title").click()
  await button("share.create").click()
  await page.getByLabel(t("share.copy")).waitFor()
  await look("share", { focus: true })
  await close()
  await button("thread.menu").click()
  await item("export.json").waitFor()
  await look("conversation-menu")
  await close()
  await page.keyboard.press("Control+k")
  await page.getByPlaceholder(t("palette.placeholder")).waitFor()
  await look("palette")
  await close()
}

const answersThatEndOddly = async ({ page, look, go, t, home: { places } }: Walk): Promise<void> => {
  await go(places.ends, "It rains.")
  await page.getByText(t("message.tool", { name: "look_up_the_weather" })).click()
  await look("ends", { focus: true })
  await page.locator(".thread-scroll").evaluate((scroller) => scroller.scrollTo(0, 0))
  await look("failed-over")
  await go(places.failed, "no such thing")
  await look("failed", { focus: true })
  await go(places.files, "A walrus, and a square.")
  await look("files")
  await go(places.hebrew, "And an English paragraph.")
  await look("hebrew")
}

const room = async ({ page, look, go, t, button, dialog, box, close, home: { guest, places } }: Walk): Promise<void> => {
  await go(places.room, "By the river, at ten?")
  await page.locator(".faces").waitFor()
  const typing = page.locator(".typing .dots").waitFor()
  await guest.page.getByRole("textbox", { name: "Message", exact: true }).fill("And")
  await typing
  await look("room", { focus: true })
  await guest.page.getByRole("textbox", { name: "Message", exact: true }).fill("")
  await box.fill("@")
  await page.getByRole("option", { name: /second/ }).waitFor()
  await look("mention")
  await box.fill("")
  await page.locator(".faces").click()
  await dialog("people.title").waitFor()
  await button("people.make").click()
  await page.getByLabel(t("people.link")).waitFor()
  await look("people", { focus: true })
  await close()
}

const badLuck = async ({ page, look, go, t, button, box, home: { one, places } }: Walk): Promise<void> => {
  await page.clock.install()
  await go(places.rich.replace(/\w$/, "0").replace(/\w\w$/, "00"), t("thread.gone"))
  await look("gone")

  one.enqueue(answer(["It begins ", "and ends."], { holdAfter: 1 }))
  // A command that waits for its answer when the network goes is told as lost.
  const isAcknowledged = page
    .waitForEvent("websocket")
    .then((socket) => socket.waitForEvent("framereceived", ({ payload }) => String(payload).includes('"type":"cancelled"')))
  await go("/", t("welcome.lead"))
  await box.fill("Hold on")
  await box.press("Enter")
  await page.getByText("It begins").waitFor()
  await look("streaming")
  await button("composer.stop").click()
  await page.getByText(t("message.stopped"), { exact: true }).waitFor()
  await isAcknowledged
  await goOffline(page, t("connection.offline"))
  await box.fill("Written offline")
  await box.press("Enter")
  await page.getByText(t("message.waiting")).waitFor()
  await look("offline")
}

/** What stands open beside a button has found its new place: it is measured in one frame and put in another. */
const placed = async (page: Page): Promise<void> => {
  await framesPass(page, 4)
  await settled(page)
}

type Screens = (walk: Walk) => Promise<void>

const screens = { comingIn, welcome, list, settings, wholeAnswer, overAConversation, answersThatEndOddly, room, badLuck }

/**
 * On a desk only the screens that are another there, with the list beside the conversation; a phone is stricter with the rest. PARLEY_SCREENS=all looks at
 * all of them, which takes two minutes more.
 */
const screensOf = (name: string): ReadonlyArray<readonly [string, Screens]> =>
  Object.entries(
    name === "phone" || process.env["PARLEY_SCREENS"] === "all" ? screens : { welcome, list, wholeAnswer, overAConversation }
  )

describe.skipIf(chromiumPath === "")("every screen", () => {
  layer(Home.layer, { excludeTestServices: true })((it) => {
    for (const [name, view] of Object.entries(views)) {
      it.effect.each(screensOf(name))(`is without faults on a ${name}: %s`, ([, screen]) =>
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
  const { alsoTablet, language, scheme, size } = view
  const found: Array<string> = []
  const context = await contextOf(name, view, home, through)
  const { faults, page } = await openPageIn(context)
  const catalogue = language === "de" ? de : en
  const t = (key: TextKey, values: Readonly<Record<string, string>> = {}) =>
    catalogue[key].replace(/\{\{(\w+)\}\}/g, (_, value: string) => values[value] ?? "")
  const add = (screen: string, faults: ReadonlyArray<string>) => {
    for (const fault of faults) found.push(`${screen}: ${fault}`)
  }
  const lookAtLayout = async (screen: string, at: string): Promise<void> => {
    await settled(page)
    await screenshot(page, `${screen}-${at}`)
    add(`${screen}, ${at}`, await layoutFaults(page))
    await page.evaluate(() => (document.documentElement.dir = "rtl"))
    add(`${screen}, ${at}, from right to left`, await layoutFaults(page))
    await page.evaluate(() => (document.documentElement.dir = "ltr"))
  }
  const look = async (screen: string, { focus = false }: { readonly focus?: boolean } = {}): Promise<void> => {
    await lookAtLayout(screen, name)
    if (alsoTablet) {
      const before = page.viewportSize() ?? assert.fail("the window has no size")
      await page.setViewportSize(tablet)
      await lookAtLayout(screen, "tablet")
      await readEasily(page, "large")
      await placed(page)
      add(`${screen}, tablet, text twice as large`, await layoutFaults(page))
      await readEasily(page, "plain")
      await page.setViewportSize(narrow)
      await placed(page)
      add(`${screen}, 320 px`, await layoutFaults(page))
      await page.setViewportSize(before)
      await readEasily(page, "spaced")
      await placed(page)
      add(`${screen}, text spaced`, await layoutFaults(page))
      await readEasily(page, "plain")
      await settled(page)
    }
    add(screen, await axeFaults(page))
    if (name === "phone") {
      await page.emulateMedia({ colorScheme: "light" })
      await settled(page)
      add(`${screen}, light`, await axeFaults(page, "colours"))
      await page.emulateMedia({ colorScheme: scheme })
      await settled(page)
    }
    if (!focus) return
    add(screen, await focusFaults(page))
    await page.emulateMedia({ contrast: "more" })
    await settled(page)
    add(`${screen}, more contrast`, await axeFaults(page, "colours"))
    await page.emulateMedia({ contrast: "no-preference", forcedColors: "active" })
    await settled(page)
    add(`${screen}, forced colours`, await focusFaults(page))
    if (name === "desktop") await screenshot(page, `${screen}-forced-colours`)
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
    await screenshot(page, `stuck-${name}`)
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
