/** The pictures that docs show, and how each comes to be. */
import type { BrowserContextOptions, Page } from "playwright-core"
import { questions, type Question } from "./provider.ts"
import { administratorKey } from "./server.ts"

export interface Picture {
  /** In `docs/images`, without its ending. */
  readonly name: string
  readonly window: BrowserContextOptions
  /** From a page that is signed in and new, to what is shown. */
  readonly play: (page: Page, url: string) => Promise<void>
}

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  colorScheme: "dark"
}

const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

const ask = async (page: Page, { text }: Question): Promise<void> => {
  await box(page).fill(text)
  await box(page).press("Enter")
  await page.locator(".answer").last().getByRole("button", { name: "Answer again" }).waitFor({ state: "attached" })
}

const choose = async (page: Page, model: string): Promise<void> => {
  await page.getByRole("button", { name: /^Model/ }).click()
  await page.getByRole("option").filter({ hasText: model }).first().click()
  await page.getByRole("option").first().waitFor({ state: "detached" })
}

const toBeginning = (page: Page) => page.locator(".thread-scroll").evaluate((thread) => thread.scrollTo(0, 0))

const showRendering = async (page: Page): Promise<void> => {
  await choose(page, "gpt-5")
  await ask(page, questions.rendering)
  await page.locator(".md-code code span").first().waitFor()
  await toBeginning(page)
}

/** In this order: what one does is in the list of the next. */
export const pictures: ReadonlyArray<Picture> = [
  { name: "app-welcome", window: desktop, play: (page) => page.getByText("No conversations yet").waitFor() },
  {
    name: "app-answer",
    window: desktop,
    play: showRendering
  },
  {
    name: "app-phone",
    window: phone,
    play: showRendering
  },
  {
    name: "app-failed-over",
    window: desktop,
    play: async (page) => {
      await choose(page, "best")
      await ask(page, questions.counting)
      await page.getByText("gpt-5 failed; gpt-5-mini went on").waitFor()
    }
  },
  {
    name: "app-session-over",
    window: desktop,
    play: async (page, url) => {
      const ended = await page.request.delete(`${url}/api/session`, { headers: { origin: url } })
      if (!ended.ok()) throw new Error(`the session could not be ended: ${ended.status()}`)
      await page.getByText("Your session is over.").waitFor()
    }
  }
]

export const signIn = async (page: Page, url: string): Promise<void> => {
  await page.goto(url)
  await page.getByLabel("Key").fill(administratorKey)
  await page.getByRole("button", { name: "Continue" }).click()
  await box(page).waitFor()
  await page.getByRole("button", { name: /^Model/ }).waitFor()
}
