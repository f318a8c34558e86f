/** The browser app in a headless Chromium, beside a page of a public React kit for chats, on the same provider. */
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import type { Browser } from "playwright-core"
import { buildApp } from "../../infra/buildApp.mjs"
import { findChromium } from "../../test/support/findChromium.ts"
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report } from "../harness/Report.ts"
import { startParley } from "../servers/parley.ts"
import { bundleSize } from "../web/bundleSize.ts"
import { assistantUi, parleyApp } from "../web/contestants.ts"
import { opening } from "../web/opening.ts"
import { reconnected } from "../web/reconnected.ts"
import { remembered } from "../web/remembered.ts"
import { startRivalPage } from "../web/rivalPage.ts"
import type { RivalPage } from "../web/rivalPage.ts"
import { scrolling } from "../web/scrolling.ts"
import type { Found, Stage } from "../web/Stage.ts"
import { streamed } from "../web/streamed.ts"

/** What a headless browser needs as root, and without a network of its own. */
const browserArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update"
]

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "")

export const web = async (options: Options): Promise<Report> => {
  const executablePath = await findChromium()
  if (executablePath === "") throw new Error("There is no Chromium: install it, or set PARLEY_TEST_CHROMIUM to its path.")
  // As both are shipped.
  process.env["NODE_ENV"] = "production"
  if (!(await buildApp({ root, node: process.execPath, env: process.env }))) throw new Error("the app could not be built")
  const children: Array<Child> = []
  let rival: RivalPage | undefined
  let browser: Browser | undefined
  try {
    const mock = await startChild({
      name: "upstream",
      script: new URL("../servers/mockUpstream.ts", import.meta.url).pathname,
      core: loadCore
    })
    children.push(mock)
    const { database, key, server } = await startParley({
      env: { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${mock.port}/v1` }
    })
    children.push(database, server)
    const page = await startRivalPage(mock.port)
    rival = page
    browser = await chromium.launch({ executablePath, args: browserArgs })
    const stage: Stage = { browser, contestants: [await parleyApp(browser, server.port, key), assistantUi(page)], options }
    const cases: Record<string, () => Promise<Found>> = {
      opening: () => opening(stage),
      streaming: () => streamed(stage),
      memory: () => remembered(stage),
      reconnect: () => reconnected(stage, server.port, key),
      scrolling: () => scrolling(stage, server.port, key, database),
      size: () => bundleSize(page)
    }
    const found: Array<Found> = []
    for (const [name, run] of Object.entries(cases)) {
      if (options.only.length > 0 && !options.only.includes(name)) continue
      tellProgress(name)
      found.push(await run())
    }
    return {
      benchmark: "web",
      sections: found.map(({ section }) => section),
      targets: found.flatMap(({ targets }) => targets),
      notes
    }
  } finally {
    await browser?.close()
    rival?.stop()
    for (const child of children.toReversed()) await child.stop()
  }
}

const notes = [
  "The browser is pinned to no core. assistant-ui is a kit of parts, here a single page (bench/web/rival) without conversations, folders or storage: no whole React chat app that runs in a browser was found on npm.",
  "A render is one commit of React, counted between two animation frames. Work is the browser's own account (Performance.getMetrics) for 1,000 tokens: script, style, layout, and all tasks of the page's main thread."
]
