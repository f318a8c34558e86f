/** What the tour plays on: windows that are signed in, and a pace at which somebody can watch. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core"

export interface Place {
  readonly url: string
  readonly key: string
}

export interface Stage {
  readonly page: Page
  readonly place: Place
  /** Another person's window, with nothing in it. */
  readonly newWindow: () => Promise<Page>
  /** Where a provider breaks off and another goes on; undefined where there is no such server. */
  readonly failing: Place | undefined
  /** As long as what is seen wants to be looked at. */
  readonly pause: () => Promise<void>
  /** As somebody types it. */
  readonly type: (page: Page, text: string) => Promise<void>
  /** The same, sent. */
  readonly say: (page: Page, text: string) => Promise<void>
  /** All at once, as it is pasted; sent. Several lines, that is. */
  readonly paste: (page: Page, text: string) => Promise<void>
}

export interface Scene {
  readonly title: string
  readonly play: (stage: Stage) => Promise<void>
  /** It needs a server whose provider breaks off. */
  readonly needsFailing?: true
}

/** Longest wait for anything that is to be seen. */
const patienceMs = 60_000
/** Between two keys, where somebody watches. */
const keyDelayMs = 25

export const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

/** Of the message that was said last. */
export const lastAnswer = (page: Page) => page.locator(".answer[data-last=true]")

/** It has ended: it has its buttons. */
export const answered = (page: Page) =>
  lastAnswer(page).getByRole("button", { name: "Answer again" }).waitFor({ state: "attached" })

/** It stands in the thread, so that what is the last answer is its own. */
export const isSaid = (page: Page, text: string) =>
  page
    .locator(".bubble")
    .filter({ hasText: text.split("\n")[0] ?? "" })
    .last()
    .waitFor()

/** Where nobody watches nothing moves, and no worker fetches the whole app for each window. */
const unwatched: BrowserContextOptions = { reducedMotion: "reduce", serviceWorkers: "block" }

export const openStage = async (
  browser: Browser,
  { failing, paceMs, place }: { readonly place: Place; readonly failing: Place | undefined; readonly paceMs: number }
): Promise<Stage> => {
  const newWindow = async (): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      ...(paceMs === 0 ? unwatched : {})
    })
    context.setDefaultTimeout(patienceMs)
    await context.addInitScript(listenInstead)
    return context.newPage()
  }
  const page = await newWindow()
  const type = async (at: Page, text: string): Promise<void> => {
    if (paceMs === 0) await box(at).fill(text)
    else await box(at).pressSequentially(text, { delay: keyDelayMs })
  }
  return {
    page,
    place,
    newWindow,
    failing,
    pause: () => (paceMs === 0 ? Promise.resolve() : page.waitForTimeout(paceMs)),
    type,
    say: async (at, text) => {
      await type(at, text)
      await box(at).press("Enter")
      await isSaid(at, text)
    },
    paste: async (at, text) => {
      await box(at).fill(text)
      await box(at).press("Enter")
      await isSaid(at, text)
    }
  }
}

/** In the page, before anything of it: an ear that hears what the tour tells it, as there is no microphone in a tour. */
const listenInstead = () => {
  class Ear extends EventTarget {
    start(): void {
      Reflect.set(globalThis, "tourEar", this)
    }
    stop(): void {
      this.dispatchEvent(new Event("end"))
    }
    abort(): void {}
  }
  for (const name of ["SpeechRecognition", "webkitSpeechRecognition"]) Reflect.set(globalThis, name, Ear)
}

/** What that ear hears next. */
export const hear = (page: Page, transcript: string, isFinal: boolean): Promise<void> =>
  page.evaluate(
    (result) => {
      const event = Object.assign(new Event("result"), { resultIndex: 0, results: [result] })
      Reflect.get(globalThis, "tourEar").dispatchEvent(event)
    },
    { 0: { transcript }, isFinal }
  )

export const signIn = async (page: Page, { key, url }: Place): Promise<void> => {
  await page.goto(url)
  await page.getByLabel("Key").fill(key)
  await page.getByRole("button", { name: "Continue" }).click()
  await box(page).waitFor()
}
