/** The app in a real browser, on the real program, with a provider whose answers the test writes. */
import { CreatedTenant } from "@parley/domain/Administration"
import { Context, Effect, Exit, Layer, Redacted, Schema, type Scope } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type CDPSession,
  type Page,
  type ViewportSize
} from "playwright-core"
import { inject } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { startParley, type Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { defaultLimits } from "../../../sdk/src/ClientOptions.ts"
import type { WireServer } from "../../../providers/test/wire/WireServer.ts"
import { countWhatRuns } from "./browserCoverage.ts"
import { artifacts, tellWhatWasShown, watchPage } from "./evidence.ts"
import { ofWorker } from "./ofWorker.ts"
import { waitClosely } from "./waitClosely.ts"

export const chromiumPath = inject("chromiumPath")

/** What a headless browser needs as root, and without a network of its own. */
export const browserArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** The same for `vi.waitUntil`. */
export const patience = { timeout: waitTimeoutMs }

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
/** Wider than a phone, and its list still lies over the conversation. */
export const tablet: ViewportSize = { width: 820, height: 1180 }
export const desktop: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
export const darkPhone: BrowserContextOptions = { ...phone, colorScheme: "dark" }

/** As people see it who did not ask for less motion. */
export const moving: BrowserContextOptions = { reducedMotion: "no-preference" }

/** At a desk by day, and as different from it as can be: every flow runs at both, by `it.effect.each`, or with a tab at each. */
export const places = [
  ["at a desk", desktop],
  ["on a phone, in the dark", darkPhone]
] as const

/** Of what is no flow, and the same wherever it happens: bounds, faults, and what never runs. A phone shows it where there is the least room. */
export const onPhone = [places[1]] as const

/** Another tab of the same window is made to look as one on a phone in the dark. */
export const asDarkPhone = async (page: Page): Promise<void> => {
  await page.setViewportSize(phone.viewport ?? tablet)
  await page.emulateMedia({ colorScheme: "dark" })
}

/** The list of conversations, which on a phone lies over the conversation until something of it is chosen. */
export const showList = async (page: Page): Promise<void> => {
  if (page.viewportSize()?.width === phone.viewport?.width) await page.getByRole("button", { name: "Open the sidebar" }).click()
}

export const hideList = async (page: Page): Promise<void> => {
  if (page.viewportSize()?.width === phone.viewport?.width) await page.getByRole("button", { name: "Close the sidebar" }).click()
}

interface Server {
  readonly wire: WireServer
  readonly parley: Parley
  /** With which the same server is started again. */
  readonly env: Readonly<Record<string, string>>
}

export const startServerWith = Effect.fnUntraced(function* (more: Readonly<Record<string, string>>) {
  const wire = yield* startOpenaiWire
  wire.setModels(["gpt-5", "gpt-5-mini"])
  const database = yield* freshDatabase
  const env = {
    DATABASE_URL: Redacted.value(database),
    OPENAI_API_KEY: "sk-wire",
    OPENAI_BASE_URL: wire.baseUrl,
    ...more
  }
  const parley = yield* startParley(env)
  const server: Server = { wire, parley, env }
  return server
})

export const startServer: Effect.Effect<Server, Error, Scope.Scope> = startServerWith({})

const browserOfWorker = ofWorker(
  Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: inject("headlessPath"), args: browserArguments })),
    (browser) => Effect.promise(() => browser.close())
  )
)

/** The worker's, for a file: what the file has opened in it is closed in the end, but for windows that can be opened again. */
export const launchBrowser = Effect.acquireRelease(browserOfWorker, (browser) =>
  Effect.promise(async () => {
    for (const context of browser.contexts()) if (!leftWindows.has(context)) await context.close()
  })
)

const serverOfWorker = ofWorker(startServer)

/** One server and one browser for all tests of a file. */
export class App extends Context.Service<App, Server & { readonly browser: Browser }>()("@parley/web/test/App") {
  static readonly #over = <E>(server: Effect.Effect<Server, E, Scope.Scope>) =>
    Layer.effect(
      App,
      Effect.map(Effect.all([server, launchBrowser], { concurrency: 2 }), ([started, browser]) => ({ ...started, browser }))
    )
  /** The worker's: whoever needs a tenant without a past takes `freshApp`. */
  static readonly layer = App.#over(serverOfWorker)
  /** Of the file's own, with more settings of the program's environment. */
  static readonly layerWith = (more: Readonly<Record<string, string>>) => App.#over(startServerWith(more))
}

/** The file's server and browser as if they were new: a tenant of the test's own, a provider that heard nothing yet, and no page left open after it. */
export const freshApp = Effect.gen(function* () {
  const { browser, parley, wire } = yield* App
  wire.forget()
  yield* leavesNoPage(browser)
  const made = yield* request(parley, "POST", "/api/tenants", { name: "Of a test" })
  const { ownerKey } = yield* Schema.decodeUnknownEffect(CreatedTenant)(made.body)
  return { browser, wire, parley: { ...parley, key: ownerKey.secret } }
})

/** The app's worker would fetch all of it anew for each new window: for tests that load nothing without a network. */
export const withoutWorker: BrowserContextOptions = { ...desktop, serviceWorkers: "block" }

export interface OpenPage {
  readonly page: Page
  /** Errors that nobody caught, and what the page's policy refused. */
  readonly faults: ReadonlyArray<string>
}

export const openPage = async (browser: Browser, options: BrowserContextOptions = desktop): Promise<OpenPage> =>
  openPageIn(await openContext(browser, options))

/**
 * As `openPage`, but in a window that an earlier test of the file has left, where there is one: it has the app's files and its worker by then, as on
 * anybody's second visit, and nothing else of that test. Not for tests that install a clock.
 */
export const openPageAgain = async (browser: Browser, options: BrowserContextOptions = desktop): Promise<OpenPage> =>
  openPageIn(await windowOf(browser, options, JSON.stringify(options)))

/** The same with a clock that can be set forward. It stays in its window, which is opened again by tests with a clock only. */
export const openClockedPage = async (browser: Browser, options: BrowserContextOptions = desktop): Promise<OpenPage> => {
  const opened = await openPageIn(await windowOf(browser, options, `${JSON.stringify(options)} with a clock`))
  await opened.page.clock.install()
  // A clock is its window's: an earlier test may have stopped it.
  await opened.page.clock.resume()
  return opened
}

/** One that was left, else a new one. */
const windowOf = async (browser: Browser, options: BrowserContextOptions, kind: string): Promise<BrowserContext> => {
  const left = browser.contexts().find((context) => leftWindows.has(context) && kinds.get(context) === kind)
  const context = left ?? (await openContext(browser, options))
  leftWindows.delete(context)
  kinds.set(context, kind)
  return context
}

/** After the test, that is: windows that can be opened again are emptied, the others closed. */
export const leavesNoPage = (browser: Browser): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer((exit) =>
    Effect.promise(async () => {
      if (Exit.isFailure(exit)) await tellWhatWasShown(browser, (context) => leftWindows.has(context), pictureOfFailure)
      for (const context of browser.contexts()) {
        if (!leftWindows.has(context)) await (kinds.has(context) ? leave(context) : context.close())
      }
    })
  )

const pictureOfFailure = (page: Page): Promise<void> => screenshot(page, `failed-${process.pid}-${++failures}`)
let failures = 0

/** With what those were opened that can be opened again. */
const kinds = new WeakMap<BrowserContext, string>()
const leftWindows = new WeakSet<BrowserContext>()

const leave = async (context: BrowserContext): Promise<void> => {
  const pages = context.pages()
  const origins = new Set(pages.map((page) => new URL(page.url()).origin))
  // What a page still writes as it goes is gone with the rest.
  for (const page of pages) await page.goto("about:blank")
  const [last] = pages
  if (last === undefined) return context.close()
  await context.setOffline(false)
  const session = await context.newCDPSession(last)
  for (const origin of origins) {
    if (origin !== "null") await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "local_storage,indexeddb" })
  }
  await context.clearCookies()
  await context.clearPermissions()
  for (const page of pages) await page.close()
  leftWindows.add(context)
}

/** Without motion, which every press would wait for; tests of what moves ask for `moving`. */
export const openContext = async (browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> => {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options })
  context.setDefaultTimeout(waitTimeoutMs)
  return countWhatRuns(context)
}

export const openPageIn = async (context: BrowserContext): Promise<OpenPage> => {
  const page = await context.newPage()
  waitClosely(page)
  const faults: Array<string> = []
  watchPage(page)
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("console", (message) => {
    // What the frame of diagrams is refused is refused for good reason.
    if (message.location().url.includes("/diagram/") || message.text().includes("/diagram/")) return
    // A refused sign-in and a lost connection are told by the browser too, and meant.
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()))
      faults.push(message.text())
  })
  page.on("dialog", (dialog) => {
    faults.push(`a dialog said ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, faults }
}

/** Without the form, which tests of the way in fill in: the page is loaded once, by somebody who is in. */
export const signIn = async (page: Page, url: string, key: string): Promise<void> => {
  await beSignedIn(page, { url, key })
  await page.goto(url)
  await composer(page).waitFor()
}

/** From the next page on. */
export const beSignedIn = async (page: Page, { key, url }: Pick<Parley, "key" | "url">): Promise<void> => {
  const answered = await page.request.post(new URL("/api/session", url).href, {
    data: { apiKey: key },
    headers: { origin: new URL(url).origin },
    // The server closes what has been quiet for five seconds, and may do so as this goes out.
    maxRetries: 2
  })
  if (!answered.ok()) throw new Error(`signing in was answered with ${answered.status()}: ${await answered.text()}`)
}

/** On the page that asks for a key. */
export const enterKey = async (page: Page, key: string): Promise<void> => {
  await page.getByLabel("Key").fill(key)
  await page.getByRole("button", { name: "Continue" }).click()
}

/** Milliseconds of a page's clock that are let pass at a time, and in all, where it is to come to the end of its pauses at once. */
const clockStepMs = 250
const clockStepsMs = 30_000

/**
 * Without a network. What the app would wait for until it takes the silence for a loss, and until it says so, is over at once: for pages with a clock,
 * `page.clock` installed.
 */
export const goOffline = async (page: Page, told = "You are offline."): Promise<void> => {
  await page.context().setOffline(true)
  await page.waitForFunction(() => !navigator.onLine)
  await page.clock.fastForward(defaultLimits.pongTimeoutMs)
  const note = page.getByText(told)
  for (let passedMs = 0; passedMs < clockStepsMs && !(await note.isVisible()); passedMs += clockStepMs) {
    await page.clock.runFor(clockStepMs)
  }
  // Past those steps the page's clock goes on by itself, and how long is Playwright's bound.
  await note.waitFor()
}

/** With a network again; the app is told so once more when it is there, else its pause before the next try may be long. */
export const goOnline = async (page: Page): Promise<void> => {
  await page.context().setOffline(false)
  await page.waitForFunction(() => navigator.onLine)
  await page.evaluate(() => dispatchEvent(new Event("online")))
}

/** Of a conversation in the list: what is chosen one after the other, a submenu's first. */
export const rowMenu = async (page: Page, title: string, ...items: ReadonlyArray<string>): Promise<void> => {
  await page.getByRole("link", { name: title, exact: true }).first().hover()
  await page.getByRole("button", { name: `Options for ${title}`, exact: true }).click()
  for (const item of items) await page.getByRole("menuitem", { name: item, exact: true }).click()
}

export const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

export const say = async (page: Page, text: string): Promise<void> => {
  await composer(page).fill(text)
  await composer(page).press("Enter")
}

/** The last answer, once it has its buttons: it has ended. */
export const ended = (page: Page) => page.locator(".answer").last().getByRole("button", { name: "Answer again" })

/**
 * Of what is in sight, as it is: its name says where that is, after what it shows. Playwright's own takes twice as long: it packs the picture tightly.
 */
export const screenshot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(artifacts, { recursive: true })
  const place = await placeOf(page)
  const session = sessions.get(page) ?? page.context().newCDPSession(page)
  sessions.set(page, session)
  const { data } = await (await session).send("Page.captureScreenshot", { format: "png", optimizeForSpeed: true })
  writeFileSync(`${artifacts}/${name}-${place}.png`, data, "base64")
}

const placeOf = async (page: Page): Promise<string> => {
  const width = page.viewportSize()?.width ?? 0
  const known = new Map([
    [desktop.viewport?.width, "desk"],
    [tablet.width, "tablet"],
    [phone.viewport?.width, "phone"]
  ])
  const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)
  return `${known.get(width) ?? `${width}px`}${isDark ? "-dark" : ""}`
}

/** Of pages that a picture was taken of: each ends with its page. */
const sessions = new WeakMap<Page, Promise<CDPSession>>()
