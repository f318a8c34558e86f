/** Notices of answers that end in a page that nobody sees. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { openFromNotice } from "../../sw/openFromNotice.ts"

interface Told {
  readonly text: string
  readonly tag: string | undefined
  readonly by: "worker" | "page"
}

/** A browser in which a worker, the page, or neither may tell. */
const browser = (worker: boolean) => {
  const told: Array<Told> = []
  const page = new EventTarget()
  const shown: Array<EventTarget> = []
  class Notice extends EventTarget {
    static permission = "granted"
    constructor(text: string, { tag }: NotificationOptions) {
      super()
      // As Android's Chrome does it, which has no notices of pages.
      if (worker) throw new TypeError("Illegal constructor")
      told.push({ text, tag, by: "page" })
      shown.push(this)
    }
    close(): void {}
  }
  const container = Object.assign(new EventTarget(), {
    getRegistration: async () =>
      worker
        ? {
            active: {},
            showNotification: async (text: string, { tag }: NotificationOptions) => void told.push({ text, tag, by: "worker" })
          }
        : undefined
  })
  vi.stubGlobal("document", { visibilityState: "hidden" })
  vi.stubGlobal("navigator", { serviceWorker: container })
  vi.stubGlobal("window", { focus: () => {} })
  vi.stubGlobal("localStorage", { getItem: () => "on" })
  vi.stubGlobal("Notification", Notice)
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page))
  vi.stubGlobal("dispatchEvent", page.dispatchEvent.bind(page))
  return { container, shown, told }
}

describe("a notice", () => {
  beforeEach(() => {
    vi.resetModules()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it("is the worker's where there is one: phones take none from a page", async () => {
    const { told } = browser(true)
    const { notifyHidden } = await import("../../src/features/settings/notifications.ts")
    await notifyHidden("It is finished", "cnv_1")
    await notifyHidden("This one too", "cnv_2")
    expect(told).toEqual([
      { text: "It is finished", tag: "parley-cnv_1", by: "worker" },
      { text: "This one too", tag: "parley-cnv_2", by: "worker" }
    ])
  })

  it("opens its conversation, whoever told it", async () => {
    const { container, shown, told } = browser(false)
    const { followNotices, notifyHidden } = await import("../../src/features/settings/notifications.ts")
    const opened: Array<string> = []
    const stop = followNotices((path) => opened.push(path))
    await notifyHidden("It is finished", "cnv_1")
    expect(told.map(({ by }) => by)).toEqual(["page"])
    shown[0]?.dispatchEvent(new Event("click"))
    const say = (open: unknown) => container.dispatchEvent(Object.assign(new Event("message"), { data: { open } }))
    say("/c/cnv_2")
    say("https://elsewhere.example/c/cnv_3")
    expect(opened).toEqual(["/c/cnv_1", "/c/cnv_2"])
    stop()
    say("/c/cnv_4")
    expect(opened).toHaveLength(2)
  })
})

describe("a notice of the worker that is pressed", () => {
  const press = async (urls: ReadonlyArray<string>) => {
    const done: Array<string> = []
    const pages = urls.map((url) => ({
      url,
      postMessage: (message: unknown) => done.push(`${url} is told ${JSON.stringify(message)}`),
      focus: async () => done.push(`${url} is in front`)
    }))
    await openFromNotice(
      { matchAll: async () => pages, openWindow: async (url) => done.push(`${url} is opened`) },
      { path: "/c/cnv_1" }
    )
    return done
  }

  it("brings the page of its conversation to the front, else one of the app, else a new one", async () => {
    expect(await press(["https://x/", "https://x/c/cnv_1"])).toEqual([
      'https://x/c/cnv_1 is told {"open":"/c/cnv_1"}',
      "https://x/c/cnv_1 is in front"
    ])
    expect(await press(["https://x/s", "https://x/c/cnv_2"])).toEqual([
      'https://x/c/cnv_2 is told {"open":"/c/cnv_1"}',
      "https://x/c/cnv_2 is in front"
    ])
    expect(await press(["https://x/s"])).toEqual(["/c/cnv_1 is opened"])
  })
})
