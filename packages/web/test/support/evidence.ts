/**
 * What a page went through, told when its test fails: as text where CI's output is all there is, and as a picture. A failure that comes once in
 * hundreds of runs is understood from this or not at all.
 */
import { appendFileSync, mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Browser, BrowserContext, Page, Request } from "playwright-core"
import { onDevice } from "./onDevice.ts"

export const artifacts = fileURLToPath(new URL("../../../../artifacts/web", import.meta.url))

/** The last of them each, of a page. */
const maxEvents = 60
/** Of what a page shows and keeps, each, and of one event, in UTF-16 code units. */
const maxLength = 2_000
const maxEventLength = 160
/** The same at the end of CI's output, where there is room for little. */
const shortEvents = 25
const shortLength = 300
/** Longest that a page is asked for one thing, in milliseconds: it may be what failed that it says nothing any more. */
const askTimeoutMs = 5_000

const delta = '{"type":"delta"'

interface Seen {
  readonly events: Array<string>
  readonly unanswered: Map<Request, number>
}

const seenOf = new WeakMap<Page, Seen>()

/** From now on, what it asks for, hears and says; the app's own files only while they are on their way. */
export const watchPage = (page: Page): void => {
  const events: Array<string> = []
  const unanswered = new Map<Request, number>()
  const startedAtMs = Date.now()
  const note = (text: string): void => {
    events.push(`${Date.now() - startedAtMs} ms: ${text.slice(0, maxEventLength)}`)
    if (events.length > maxEvents) events.shift()
  }
  const name = (request: Request) => `${request.method()} ${pathOf(request.url())}`
  const isFile = (request: Request) => request.url().includes("/assets/")
  page.on("request", (request) => {
    unanswered.set(request, Date.now())
    if (!isFile(request)) note(`asks ${name(request)}`)
  })
  page.on("response", (response) => {
    if (!isFile(response.request()) || response.status() >= 400) note(`${response.status()} for ${name(response.request())}`)
  })
  page.on("requestfinished", (request) => unanswered.delete(request))
  page.on("requestfailed", (request) => {
    unanswered.delete(request)
    note(`${name(request)} failed: ${request.failure()?.errorText}`)
  })
  page.on("websocket", (socket) => {
    note("opens a socket")
    socket.on("framesent", ({ payload }) => note(`says ${String(payload)}`))
    socket.on("framereceived", ({ payload }) => {
      const text = String(payload)
      // Of an answer's pieces the first stands for all that follow it at once.
      if (!(text.startsWith(delta) && events.at(-1)?.includes(delta) === true)) note(`hears ${text}`)
    })
    socket.on("close", () => note("its socket closed"))
  })
  page.on("framenavigated", (frame) => note(`${frame === page.mainFrame() ? "is" : "has a frame"} at ${pathOf(frame.url())}`))
  page.on("console", (message) => note(`${message.type()}: ${message.text()}`))
  page.on("pageerror", (error) => note(`throws ${error.message}`))
  seenOf.set(page, { events, unanswered })
}

/** Of all pages that are open in windows of these. `picture` is taken of each that still answers. */
export const tellWhatWasShown = async (
  browser: Browser,
  isLeft: (context: BrowserContext) => boolean,
  picture: (page: Page) => Promise<void>
): Promise<void> => {
  for (const context of browser.contexts()) {
    if (isLeft(context)) continue
    for (const page of context.pages()) {
      const shown = await page
        .locator("html")
        .innerText({ timeout: askTimeoutMs })
        .catch(() => undefined)
      const { events = [], unanswered = [] } = seenOf.get(page) ?? {}
      const record = (length: number, eventCount: number, device: ReadonlyArray<string | undefined>): string =>
        JSON.stringify(
          {
            url: page.url(),
            shown: shown?.slice(0, length),
            device: device.map((text) => text?.slice(0, length)),
            unanswered: [...unanswered].map(
              ([request, atMs]) => `${request.method()} ${pathOf(request.url())} since ${Date.now() - atMs} ms`
            ),
            events: events.slice(-eventCount)
          },
          null,
          1
        )
      const device = [
        await told(onDevice(page, "outbox")),
        await told(onDevice(page, "kept")),
        await told(page.evaluate(() => JSON.stringify(localStorage)))
      ]
      mkdirSync(artifacts, { recursive: true })
      appendFileSync(`${artifacts}/failed.txt`, `${record(shortLength, shortEvents, device)}\n`)
      process.stderr.write(`A page when its test failed: ${record(maxLength, maxEvents, device)}\n`)
      if (shown !== undefined) await told(picture(page))
    }
  }
}

const pathOf = (url: string): string => (url.startsWith("http") ? url.replace(/^https?:\/\/[^/]+/, "") : url)

const told = async (asked: Promise<unknown>): Promise<string | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, askTimeoutMs, undefined)
  })
  try {
    const answer = await Promise.race([asked.catch((error: unknown) => String(error)), late])
    return typeof answer === "string" ? answer : JSON.stringify(answer)
  } finally {
    clearTimeout(timer)
  }
}
