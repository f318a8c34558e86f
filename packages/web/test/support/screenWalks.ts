/** The ways through the app on which every screen of it comes by, with whatever can stand open on it. */
import type { Locator, Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import type { TextKey } from "../../src/i18n/en.ts"
import type { Lived } from "./lived.ts"
import { goOffline } from "./openApp.ts"

export interface Walk {
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

export const comingIn = async ({ page, look, go, t, button, home: { places } }: Walk): Promise<void> => {
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

export const welcome = async ({ page, look, go, t, button, box }: Walk): Promise<void> => {
  await go("/", t("welcome.lead"))
  await look("welcome", { focus: true })
  await box.fill("/")
  await page.getByRole("option", { name: "Summary" }).waitFor()
  await look("prompts")
  await box.fill("")
  await page.locator("input[type=file]").setInputFiles([
    { name: "Notes with a name that goes on and on for a while.txt", mimeType: "text/plain", buffer: Buffer.from("notes") },
    { name: "paper.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") }
  ])
  await button("composer.remove", { name: "paper.pdf" }).waitFor()
  await look("attachments", { focus: true })
}

export const list = async ({ page, look, go, t, button, item, dialog, close, showSide }: Walk): Promise<void> => {
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
  await look("folders")
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

export const wholeAnswer = async ({ page, look, go, t, button, close, home: { places } }: Walk): Promise<void> => {
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

export const overAConversation = async ({ page, look, go, t, button, item, close, home: { places } }: Walk): Promise<void> => {
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

export const badLuck = async ({ page, look, go, t, button, box, home: { one, places } }: Walk): Promise<void> => {
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

export type Screens = (walk: Walk) => Promise<void>

/** By what they are called. */
export const screens = { comingIn, welcome, list, settings, wholeAnswer, overAConversation, answersThatEndOddly, room, badLuck }
