/** What is around a conversation: order, other people, other devices, failures, voice and languages. */
import type { Page } from "playwright-core"
import { questions } from "./provider.ts"
import { answered, box, hear, isSaid, lastAnswer, signIn } from "./stage.ts"
import type { Scene } from "./stage.ts"

/** Milliseconds in which a button that goes by itself is pressed, or is gone. */
const goneMs = 1_000

const dialogIsGone = async (page: Page): Promise<void> => {
  await page.keyboard.press("Escape")
  await page.getByRole("dialog").first().waitFor({ state: "detached" })
}

const menuOf = async (page: Page, title: string, item: string): Promise<void> => {
  await page.getByRole("link", { name: title, exact: true }).first().hover()
  await page.getByRole("button", { name: `Options for ${title}` }).click()
  await page.getByRole("menuitem", { name: item }).click()
}

const settings = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Account and settings" }).click()
  await page.getByRole("menuitem", { name: "Settings" }).click()
}

const order: ReadonlyArray<Scene> = [
  {
    title: "The command palette, and the dark theme",
    play: async ({ page, pause }) => {
      await page.keyboard.press("Control+k")
      await page.getByPlaceholder("Search for a command").fill("theme")
      await pause()
      await page.keyboard.press("Enter")
      await page.getByRole("dialog").waitFor({ state: "detached" })
    }
  },
  {
    title: "How it answers: model and parameters",
    play: async ({ page, pause }) => {
      await page.locator(".composer").getByRole("button", { name: "How it answers" }).click()
      await page.getByLabel("Temperature").fill("0.3")
      await pause()
      await page.getByRole("button", { name: "Save" }).click()
      await page.getByRole("dialog").waitFor({ state: "detached" })
    }
  },
  {
    title: "A prompt for the library, and its use after a /",
    play: async ({ page, pause, type }) => {
      await settings(page)
      await page.getByRole("tab", { name: "Prompt library" }).click()
      await page.getByRole("button", { name: "New prompt" }).click()
      await page.getByLabel("Name", { exact: true }).fill("Summary")
      await page.getByLabel("Text", { exact: true }).fill("Summarise this in three points:")
      await pause()
      await page.getByRole("button", { name: "Save" }).click()
      await page.getByText("Summarise this in three points:").first().waitFor()
      await dialogIsGone(page)
      await type(page, "/sum")
      await page.getByRole("option", { name: "Summary" }).first().waitFor()
      await pause()
      await box(page).press("Enter")
      await box(page).press("Enter")
      await isSaid(page, "Summarise this")
      await answered(page)
    }
  },
  {
    title: "Order: another name, a folder, and a search that finds what was said",
    play: async ({ page, pause }) => {
      const name = "What can be shown"
      await menuOf(page, (await page.locator(".bar-title h1").innerText()).trim(), "Rename")
      await page.getByLabel("Title", { exact: true }).fill(name)
      await pause()
      await page.getByLabel("Title", { exact: true }).press("Enter")
      await page.getByRole("heading", { name, exact: true }).waitFor()
      await menuOf(page, name, "Move to folder")
      await page.getByRole("menuitem", { name: "New folder" }).click()
      await page.getByLabel("Name of the folder").fill("Shown")
      await page.getByRole("button", { name: "Create" }).click()
      await page.getByRole("dialog").waitFor({ state: "detached" })
      await page
        .getByRole("button", { name: /^Shown/ })
        .first()
        .waitFor()
      await pause()
      await page.getByRole("searchbox").fill("violet")
      await page.locator(".list-excerpt mark").first().waitFor()
      await pause()
      await page.getByRole("button", { name: "Clear the search" }).click()
    }
  },
  {
    title: "Saved as a file, and shared by link",
    play: async ({ newWindow, page, pause }) => {
      await page.getByRole("button", { name: "Options of the conversation" }).click()
      await pause()
      const saving = page.waitForEvent("download")
      await page.getByRole("menuitem", { name: "Export as Markdown" }).click()
      await saving
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "Share by link" }).click()
      await page.getByRole("button", { name: "Create a link" }).click()
      const link = await page.getByLabel("Copy the link").inputValue()
      await pause()
      const reader = await newWindow()
      await reader.goto(link)
      await reader.getByRole("article").first().waitFor()
      await pause()
      await reader.context().close()
      await dialogIsGone(page)
    }
  }
]

const together: ReadonlyArray<Scene> = [
  {
    title: "A second person comes into the room, and a model answers when it is called",
    play: async ({ newWindow, page, pause, say }) => {
      await page.getByRole("button", { name: "Invite people" }).click()
      await page.getByRole("button", { name: "Create link" }).click()
      const link = await page.getByLabel("Invitation link").inputValue()
      await pause()
      await dialogIsGone(page)
      const guest = await newWindow()
      await guest.goto(link)
      await guest.getByLabel("Your name").fill("Ada")
      await pause()
      await guest.getByRole("button", { name: "Join" }).click()
      await page.getByRole("button", { name: "2 people" }).waitFor()
      await say(guest, "Good day! What have I missed?")
      await page.getByText("Good day! What have I missed?").first().waitFor()
      await page.bringToFront()
      await pause()
      await say(page, "@demo/parley are you there?")
      await answered(page)
      await guest.getByText("are you there?").first().waitFor()
      await pause()
      await guest.context().close()
    }
  },
  {
    title: "Without a network: what is written waits, and goes out later",
    play: async ({ page, pause, say }) => {
      await page.getByRole("button", { name: "New conversation" }).first().click()
      await page.getByRole("heading", { name: /^Good / }).waitFor()
      await page.context().setOffline(true)
      await say(page, "Written offline")
      await page.getByText("Waiting to be sent").waitFor()
      await pause()
      await page.context().setOffline(false)
      await page.getByText("Waiting to be sent").waitFor({ state: "detached" })
      await answered(page)
    }
  },
  {
    title: "By voice: dictated, and read aloud where the browser has a voice",
    play: async ({ page, pause }) => {
      await page.getByRole("button", { name: "Dictate" }).click()
      await hear(page, "what was", false)
      await pause()
      await hear(page, "What was dictated", true)
      await page.getByRole("button", { name: "Stop dictating" }).click()
      await box(page).press("Enter")
      await isSaid(page, "What was dictated")
      await answered(page)
      await lastAnswer(page).getByRole("button", { name: "Read aloud" }).click()
      await pause()
      const stop = lastAnswer(page).getByRole("button", { name: "Stop reading" })
      // Where there is no voice it is over at once.
      if (await stop.isVisible()) await stop.click({ timeout: goneMs }).catch(() => {})
    }
  },
  {
    title: "A provider breaks off in mid-answer: another goes on, and the answer says so; and what a model thinks, folded",
    needsFailing: true,
    play: async ({ failing, newWindow, pause, say }) => {
      if (failing === undefined) return
      const page = await newWindow()
      await signIn(page, failing)
      await page.getByRole("button", { name: /^Model/ }).click()
      await page.getByRole("option").filter({ hasText: "best" }).first().click()
      await say(page, questions.counting.text)
      await page.getByText("gpt-5 failed; gpt-5-mini went on").waitFor()
      await answered(page)
      await pause()
      await say(page, questions.thinking.text)
      await answered(page)
      await lastAnswer(page).getByText("Thoughts").click()
      await pause()
      await lastAnswer(page).getByRole("button", { name: "Details" }).click()
      await page.getByText("Tokens in").waitFor()
      await pause()
      await page.context().close()
    }
  },
  {
    title: "In German",
    play: async ({ page, pause }) => {
      await settings(page)
      await page.getByLabel("Language").selectOption("Deutsch")
      await page.getByRole("dialog", { name: "Einstellungen" }).waitFor()
      await pause()
      await page.getByLabel("Sprache").selectOption("English")
      await dialogIsGone(page)
    }
  },
  {
    title: "On a phone",
    play: async ({ page, pause }) => {
      await page.setViewportSize({ width: 390, height: 844 })
      await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
      await pause()
      await page.getByRole("button", { name: "Open the sidebar" }).click()
      await page.getByRole("link", { name: "Written offline" }).waitFor()
    }
  }
]

export const roomScenes: ReadonlyArray<Scene> = [...order, ...together]
