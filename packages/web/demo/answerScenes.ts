/** One conversation: its answers and how they are shown. */
import { answered, isSaid, lastAnswer, signIn } from "./stage.ts"
import type { Scene } from "./stage.ts"

/** The Demo provider repeats what it was asked, so these are what it shows. It repeats 200 characters at most. */
const shown = {
  table:
    "A table and a formula:\n\n| Light | Wave length |\n|---|--:|\n| red | 700 nm |\n| violet | 400 nm |\n\n$$E = h \\cdot \\frac{c}{\\lambda}$$\n\nThat is all.",
  code: "Code:\n\n```ts\n/** Half of it. */\nexport const half = (count: number): number => count / 2\n```\n\nThat is all.",
  diagram: "A diagram:\n\n```mermaid\ngraph LR\n  Question --> Model --> Answer\n  Model --> Tool --> Model\n```\n\nThat is all."
} as const

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
      // In each frame: it may be over soon.
      const begun = page.waitForFunction(() => document.querySelector(".answer[aria-busy=true]") !== null)
      await say(page, "And once more, at length")
      await begun
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

export const answerScenes: ReadonlyArray<Scene> = [...talk, ...rendering]
