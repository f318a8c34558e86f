/** A chat page in a browser of its own, and what is done with it: the same for each that is compared. */
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core"

export interface Contestant {
  readonly name: string
  /** Where a new conversation with this model begins. */
  readonly urlOf: (model: string) => string
  /** A visitor who is signed in and has nothing in the cache. */
  readonly visitor: (browser: Browser, model: string) => Promise<BrowserContext>
}

export interface Visit {
  readonly page: Page
  readonly cdp: CDPSession
  readonly context: BrowserContext
  readonly end: () => Promise<void>
}

/** Longest wait for a page or an answer. */
const patienceMs = 60_000
/** How often a condition is looked at: seldom enough to be no work of the page's. */
const pollingMs = 50

export const visit = async (browser: Browser, contestant: Contestant, model: string): Promise<Visit> => {
  const context = await contestant.visitor(browser, model)
  await context.addInitScript({ path: new URL("probe.js", import.meta.url).pathname })
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const cdp = await context.newCDPSession(page)
  await cdp.send("Performance.enable")
  await page.goto(contestant.urlOf(model))
  await box(page).waitFor()
  return { page, cdp, context, end: () => context.close() }
}

const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

/** Says something, and waits for the end of the answer. Of a long conversation only what is in sight may be in the page. */
export const converse = async (page: Page, text: string): Promise<void> => {
  await ask(page, text)
  await until(page, "answered")
}

/** Says something, and waits until its answer is there to be written. */
export const ask = async (page: Page, text: string): Promise<void> => {
  await page.evaluate("bench.asks()")
  await box(page).fill(text)
  await box(page).press("Enter")
  await until(page, "answering")
}

/** Waits for one of the conditions that `probe.js` knows. The page's policy lets no text be run that is handed to it later. */
export const until = async (page: Page, condition: string, given?: string | number): Promise<void> => {
  await page.waitForFunction(
    ([name, value]) => Reflect.get(Reflect.get(globalThis, "bench").is, String(name))(value),
    [condition, given],
    { polling: pollingMs }
  )
}

export type Metrics = Record<
  "ScriptDuration" | "TaskDuration" | "LayoutDuration" | "RecalcStyleDuration" | "JSHeapUsedSize" | "Nodes",
  number
>

export const metricsOf = async ({ cdp }: Visit): Promise<Metrics> => {
  const { metrics } = await cdp.send("Performance.getMetrics")
  const at = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
  return {
    ScriptDuration: at("ScriptDuration"),
    TaskDuration: at("TaskDuration"),
    LayoutDuration: at("LayoutDuration"),
    RecalcStyleDuration: at("RecalcStyleDuration"),
    JSHeapUsedSize: at("JSHeapUsedSize"),
    Nodes: at("Nodes")
  }
}

export interface Noticed extends Record<string, number> {
  readonly interactiveMs: number
  readonly layoutShift: number
  readonly longTasks: number
  readonly longestTaskMs: number
  readonly frames: number
  readonly worked: number
  readonly renders: number
  readonly mostRenders: number
}

export const noticedIn = ({ page }: Visit): Promise<Noticed> => page.evaluate<Noticed>("bench.found")
