/**
 * Five minutes through the app, by itself, in a window that one can watch: `npm run tour -- [url] [key]`. It needs a running
 * server, the Demo provider's will do, and a Chromium (`PARLEY_TEST_CHROMIUM`, else one that is found). `PARLEY_TOUR_PACE=0` runs it without pauses
 * and without a window.
 */
import { chromium, type Page } from "playwright-core"
import { findChromium } from "../../../test/support/findChromium.ts"

const [url = "http://127.0.0.1:8787", key = process.env["PARLEY_BOOTSTRAP_API_KEY"] ?? ""] = process.argv.slice(2)
/** Milliseconds that each scene is shown. */
const paceMs = Number(process.env["PARLEY_TOUR_PACE"] ?? 6_000)

const tell = (text: string) => process.stdout.write(`${text}\n`)
const pause = (page: Page) => page.waitForTimeout(paceMs)
const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

const say = async (page: Page, text: string): Promise<void> => {
  if (paceMs === 0) await box(page).fill(text)
  else await box(page).pressSequentially(text, { delay: 25 })
  await box(page).press("Enter")
}

const answered = (page: Page) => page.locator(".answer").last().getByRole("button", { name: "Answer again" }).waitFor()

const scenes: ReadonlyArray<readonly [string, (page: Page) => Promise<void>]> = [
  [
    "Coming in with a key",
    async (page) => {
      await page.goto(url)
      await page.getByLabel("Key").fill(key)
      await page.getByRole("button", { name: "Continue" }).click()
      await box(page).waitFor()
    }
  ],
  [
    "A question and its answer, word by word",
    async (page) => {
      await say(page, "Tell me something **bold** about `code`")
      await answered(page)
    }
  ],
  [
    "The page is loaded again in the middle of an answer: nothing is lost",
    async (page) => {
      await say(page, "And once more, at length")
      await page.locator(".answer[aria-busy=true]").waitFor()
      await page.reload()
      await answered(page)
    }
  ],
  [
    "Another answer to the same question, and back to the first",
    async (page) => {
      await page.locator(".answer").last().getByRole("button", { name: "Answer again" }).click()
      await page.getByText("2/2").first().waitFor()
      await page.getByRole("button", { name: "Previous version" }).first().click()
    }
  ],
  [
    "The command palette, and the dark theme",
    async (page) => {
      await page.keyboard.press("Control+k")
      await page.getByPlaceholder("Search for a command").fill("theme")
      await page.keyboard.press("Enter")
    }
  ],
  [
    "Presets and prompts",
    async (page) => {
      await page.getByRole("button", { name: "Account and settings" }).click()
      await page.getByRole("menuitem", { name: "Settings" }).click()
      await page.getByRole("tab", { name: "Prompt library" }).click()
    }
  ],
  [
    "Inviting somebody, and sharing by link",
    async (page) => {
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "Invite people" }).click()
      await page.getByRole("button", { name: "Create link" }).click()
      await page.getByLabel("Invitation link").waitFor()
      await pause(page)
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "Share by link" }).click()
      await page.getByRole("button", { name: "Create a link" }).click()
      await page.getByLabel("Copy the link").waitFor()
    }
  ],
  [
    "Without a network: what is written waits, and goes out later",
    async (page) => {
      await page.keyboard.press("Escape")
      await page.context().setOffline(true)
      await say(page, "Written offline")
      await page.getByText("Waiting to be sent").waitFor()
      await pause(page)
      await page.context().setOffline(false)
      await page.getByText("Waiting to be sent").waitFor({ state: "detached" })
      await answered(page)
    }
  ],
  [
    "On a phone",
    async (page) => {
      await page.setViewportSize({ width: 390, height: 844 })
      await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
    }
  ]
]

const browser = await chromium.launch({
  executablePath: await findChromium(),
  headless: paceMs === 0,
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-GB" })
  for (const [title, play] of scenes) {
    tell(title)
    await play(page)
    await pause(page)
  }
} finally {
  await browser.close()
}
