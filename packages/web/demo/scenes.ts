/** What the tour shows, in order. Each scene begins where the one before it has ended. */
import type { Page } from "playwright-core"
import { questions } from "./provider.ts"
import { answered, box, hear, isSaid, lastAnswer, signIn, type Stage } from "./stage.ts"

export interface Scene {
  readonly title: string
  readonly play: (stage: Stage) => Promise<void>
  /** It needs a server whose provider breaks off. */
  readonly needsFailing?: true
}

/** The Demo provider repeats what it was asked, so these are what it shows. It repeats 200 characters at most. */
const shown = {
  table:
    "A table and a formula:\n\n| Light | Wave length |\n|---|--:|\n| red | 700 nm |\n| violet | 400 nm |\n\n$$E = h \\cdot \\frac{c}{\\lambda}$$\n\nThat is all.",
  code: "Code:\n\n```ts\n/** Half of it. */\nexport const half = (count: number): number => count / 2\n```\n\nThat is all.",
  diagram: "A diagram:\n\n```mermaid\ngraph LR\n  Question --> Model --> Answer\n  Model --> Tool --> Model\n```\n\nThat is all."
} as const

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

const talk: ReadonlyArray<Scene> = [
  {
    title: "Coming in with a key",
    play: async ({ page, pause, place }) => {
      await page.goto(place.url)
      await page.getByLabel("Key").waitFor()
      await pause()
      await signIn(page, place)
    }
  },
  {
    title: "A question and its answer, word by word",
    play: async ({ page, say }) => {
      await say(page, "Tell me something **bold** about `code`")
      await answered(page)
    }
  },
  {
    title: "The page is loaded again in the middle of an answer: nothing is lost",
    play: async ({ page, say }) => {
      await say(page, "And once more, at length")
      await page.locator(".answer[aria-busy=true]").waitFor()
      await page.reload()
      await answered(page)
    }
  },
  {
    title: "Another answer to the same question, and back to the first",
    play: async ({ page, pause }) => {
      await lastAnswer(page).getByRole("button", { name: "Answer again" }).click()
      await page.getByText("2/2").first().waitFor()
      await pause()
      await page.getByRole("button", { name: "Previous version" }).first().click()
      await page.getByText("1/2").first().waitFor()
    }
  },
  {
    title: "A question is asked otherwise: another branch",
    play: async ({ page, pause }) => {
      await page.locator(".person").last().hover()
      await page.locator(".person").last().getByRole("button", { name: "Edit", exact: true }).click()
      await page.getByLabel("Edit the message").fill("And once more, in short")
      await pause()
      await page.getByRole("button", { name: "Send as a new version" }).click()
      await isSaid(page, "And once more, in short")
      await answered(page)
    }
  }
]

const rendering: ReadonlyArray<Scene> = [
  {
    title: "Tables and mathematics",
    play: async ({ page, paste }) => {
      await paste(page, shown.table)
      await answered(page)
      await lastAnswer(page).locator(".md-table").waitFor()
      await lastAnswer(page).locator(".katex").first().waitFor()
    }
  },
  {
    title: "Code, coloured and copied",
    play: async ({ page, paste, pause }) => {
      await paste(page, shown.code)
      await answered(page)
      await lastAnswer(page).locator(".md-code code span").first().waitFor()
      await pause()
      await lastAnswer(page).locator(".md-code").getByRole("button", { name: "Copy" }).click()
    }
  },
  {
    title: "A diagram, and its source",
    play: async ({ page, paste, pause }) => {
      await paste(page, shown.diagram)
      await answered(page)
      const diagram = lastAnswer(page).locator(".md-diagram")
      await diagram.locator("iframe[data-shown=true]").waitFor()
      await diagram.scrollIntoViewIfNeeded()
      await pause()
      await diagram.getByRole("button", { name: "Source" }).click()
      await pause()
      await diagram.getByRole("button", { name: "Source" }).click()
    }
  },
  {
    title: "Files: a picture and a text go along",
    play: async ({ page, pause, say }) => {
      await page.locator("input[type=file]").setInputFiles([
        { name: "window.png", mimeType: "image/png", buffer: await page.screenshot() },
        { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("The walrus was Paul.") }
      ])
      await page.getByRole("button", { name: "Remove notes.txt" }).waitFor()
      await page.getByRole("button", { name: "Remove window.png" }).waitFor()
      await pause()
      await say(page, "What do you see?")
      await answered(page)
    }
  },
  {
    title: "What a model asks of a tool, and what it is told",
    play: async ({ page, pause, place }) => {
      // As a program asks that has tools: the app shows what came of it.
      const messages = `${place.url}${new URL(page.url()).pathname.replace("/c/", "/api/conversations/")}/messages`
      const asks = async (body: object): Promise<void> => {
        const sent = await page.request.post(messages, { headers: { origin: place.url }, data: body })
        if (!sent.ok()) throw new Error(`${sent.status()}: ${await sent.text()}`)
      }
      const tools = [{ name: "look_up_the_weather", parameters: { type: "object", properties: { city: { type: "string" } } } }]
      await asks({
        clientMessageId: crypto.randomUUID(),
        content: [{ type: "text", text: "How is the weather?" }],
        parameters: { tools, toolChoice: "required" }
      })
      const call = page.locator(".answer").getByText("Tool look_up_the_weather").last()
      await call.click()
      await pause()
      const [{ id }] = await page.request
        .get(messages)
        .then((response) => response.json())
        .then(({ items }) => items.at(-1).content.filter(({ type }: { readonly type: string }) => type === "tool-call"))
      await asks({
        clientMessageId: crypto.randomUUID(),
        content: [{ type: "tool-result", toolCallId: id, content: '{"sky":"low clouds","rain":true}' }],
        parameters: { tools }
      })
      await page.getByText('"low clouds"').first().waitFor()
      await answered(page)
    }
  }
]

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
    title: "Order: a folder, and a search that finds what was said",
    play: async ({ page, pause }) => {
      await menuOf(page, (await page.locator(".bar-title h1").innerText()).trim(), "Move to folder")
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
      if (await stop.isVisible()) await stop.click()
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

export const scenes: ReadonlyArray<Scene> = [...talk, ...rendering, ...order, ...together]
