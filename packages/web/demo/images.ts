/**
 * Renews the pictures of docs: `npm run images [NAME …]`, all of them without a name. It starts a server of its own over two providers of its own
 * (demo/provider.ts), plays what is shown (demo/pictures.ts), and writes `docs/images`. Look at them before they are kept.
 */
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chromium, type Browser } from "playwright-core"
import { findChromium } from "../../../test/support/findChromium.ts"
import { pictures, signIn, type Picture } from "./pictures.ts"
import { startProvider } from "./provider.ts"
import { startServer } from "./server.ts"

const folder = fileURLToPath(new URL("../../../docs/images", import.meta.url))
/** Longest wait for anything that is to be seen. */
const patienceMs = 60_000
/** The same hour in every picture: the app greets by it. */
const shownAt = new Date("2026-03-02T14:30:00Z")

const take = async (browser: Browser, { name, play, window }: Picture, url: string): Promise<void> => {
  // Nothing moves in a picture, and what came before it is of no matter.
  const context = await browser.newContext({
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
    serviceWorkers: "block",
    ...window
  })
  try {
    context.setDefaultTimeout(patienceMs)
    const page = await context.newPage()
    await page.clock.setFixedTime(shownAt)
    await signIn(page, url)
    await play(page, url)
    await page.mouse.move(0, 0)
    await page.evaluate(() => document.fonts.ready)
    await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled", caret: "hide" })
    process.stdout.write(`docs/images/${name}.png\n`)
  } finally {
    await context.close()
  }
}

const main = async (names: ReadonlyArray<string>): Promise<void> => {
  const wanted = pictures.filter(({ name }) => names.length === 0 || names.includes(name))
  if (wanted.length < names.length) throw new Error(`There are: ${pictures.map(({ name }) => name).join(", ")}`)
  const executablePath = await findChromium()
  if (executablePath === "") throw new Error("There is no Chromium: install it, or set PARLEY_TEST_CHROMIUM to its path.")
  mkdirSync(folder, { recursive: true })
  const provider = await startProvider()
  try {
    const server = await startServer(provider)
    try {
      const browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
      })
      try {
        for (const picture of wanted) await take(browser, picture, server.url)
      } finally {
        await browser.close()
      }
    } finally {
      await server.stop()
    }
  } finally {
    provider.stop()
  }
}

await main(process.argv.slice(2))
