/** What a page does in each of its frames, as whoever reads it would notice. */
import type { Page } from "playwright-core"

export interface Noticed {
  readonly frames: number
  /** Frames in which React has committed something. */
  readonly worked: number
  readonly commits: number
  readonly mostCommits: number
  /** Every layout shift that the browser tells, after input too: what was moved, and from where to where. */
  readonly shifts: ReadonlyArray<string>
}

/** Before the page is loaded. */
export const watchFrames = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const nothing = { frames: 0, worked: 0, commits: 0, mostCommits: 0, shifts: new Array<string>() }
    const noticed = { ...nothing }
    let commits = 0
    // What React's own tools listen to: it is there in the app as it is shipped.
    const hook = {
      supportsFiber: true,
      renderers: new Map(),
      inject: () => 1,
      checkDCE: () => {},
      onCommitFiberUnmount: () => {},
      onPostCommitFiberRoot: () => {},
      onCommitFiberRoot: () => void commits++
    }
    const nameOf = (node: Node | null): string =>
      node === null ? "" : node instanceof Element ? `${node.tagName}.${node.className}` : `“${node.textContent?.slice(0, 20)}”`
    const told = (list: PerformanceEntryList) => {
      for (const entry of list) {
        const sources: unknown = Reflect.get(entry, "sources")
        const moved = (Array.isArray(sources) ? sources : []).map(
          ({ currentRect: to, node, previousRect: from }) =>
            `${nameOf(node?.parentNode ?? null)} > ${nameOf(node)} from ${from.x},${from.y} ${from.width}×${from.height} to ${to.x},${to.y} ${to.width}×${to.height}`
        )
        noticed.shifts.push(`${Reflect.get(entry, "value")}: ${moved.join("; ")}`)
      }
    }
    const observer = new PerformanceObserver((list) => told(list.getEntries()))
    observer.observe({ type: "layout-shift", buffered: true })
    const frame = () => {
      noticed.frames++
      if (commits > 0) noticed.worked++
      noticed.commits += commits
      noticed.mostCommits = Math.max(noticed.mostCommits, commits)
      commits = 0
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    Object.assign(globalThis, {
      __REACT_DEVTOOLS_GLOBAL_HOOK__: hook,
      frames: {
        noticed: () => {
          told(observer.takeRecords())
          return noticed
        },
        forget: () => {
          observer.takeRecords()
          Object.assign(noticed, nothing, { shifts: [] })
          commits = 0
        }
      }
    })
  })

export const noticedIn = (page: Page): Promise<Noticed> => page.evaluate<Noticed>("frames.noticed()")

export const forgetFrames = (page: Page): Promise<void> => page.evaluate("frames.forget()")

/** So many frames are painted. */
export const framesPass = (page: Page, count: number): Promise<void> =>
  page.evaluate(async (frames) => {
    for (let frame = 0; frame < frames; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, count)

export interface PacedAnswer {
  /** The pieces of all stages; for `answer`. */
  readonly pieces: ReadonlyArray<string>
  /** Waits for the page's next frame, and at the end of a stage for `next`. */
  readonly paced: () => Promise<void>
  /** Lets the next stage be written. */
  readonly next: () => void
}

/** A provider that writes so many pieces of its answer in each frame of a page, stage by stage. */
export const pacedBy = async (
  page: Page,
  perFrame: number,
  stages: ReadonlyArray<ReadonlyArray<string>>
): Promise<PacedAnswer> => {
  let free = 0
  let written = 0
  let allowed = 0
  let stage = 0
  const waiting: Array<() => void> = []
  const flow = (): void => {
    for (; free > 0 && written < allowed && waiting.length > 0; free--, written++) waiting.shift()?.()
  }
  await page.exposeFunction("frameBegan", () => {
    free = perFrame
    flow()
  })
  await page.evaluate(() => {
    const tell: unknown = Reflect.get(globalThis, "frameBegan")
    const frame = () => {
      if (typeof tell === "function") tell()
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  return {
    pieces: stages.flat(),
    paced: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        flow()
      }),
    next: () => {
      allowed += stages[stage++]?.length ?? 0
      flow()
    }
  }
}

/** Types into the message box; the keys that a frame was painted without, though they had been pressed before it began. */
export const typedLate = async (page: Page, text: string): Promise<ReadonlyArray<string>> => {
  await page.evaluate(() => {
    const late: Array<string> = []
    let expected = ""
    const box = document.querySelector("textarea")
    if (box === null) throw new Error("there is no message box")
    box.addEventListener("keydown", ({ key }) => {
      expected += key
      const sofar = expected
      // In the frame that begins next the key must be in the box, and React must know of it: the button to send is there.
      requestAnimationFrame(() => {
        const send = document.querySelector<HTMLButtonElement>(".send[type=submit]")
        if (!box.value.startsWith(sofar) || send === null || send.disabled) late.push(sofar)
      })
    })
    Object.assign(globalThis, { late })
  })
  await page.locator("textarea#composer").pressSequentially(text)
  await framesPass(page, 2)
  return page.evaluate<ReadonlyArray<string>>("late")
}
