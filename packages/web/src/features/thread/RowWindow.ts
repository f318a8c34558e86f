/**
 * Which rows of a long list are in the page. They lie in the flow, with room before and after them for those that are not: a row that
 * grows is laid out by the browser alone, and React has nothing to do as long as the same rows are in the page.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core"
import { flushSync } from "react-dom"
import { notOnFrame, onFrame } from "../../client/onFrame.ts"

export interface RowSpan {
  readonly first: number
  /** Less than `first`: none. */
  readonly last: number
  /** Room for the rows that are not in the page, in CSS pixels. */
  readonly before: number
  readonly after: number
}

/** Rows so far out of sight are in the page already, in CSS pixels. */
const nearPx = 800
/** Height of a row that was never seen, until some were, in CSS pixels. */
const unseenPx = 120
/** Room above the first and below the last row, in CSS pixels. */
const startPx = 20
const endPx = 32
/** So near to the end counts as there, in CSS pixels. */
export const nearEndPx = 40

const none: RowSpan = { first: 0, last: -1, before: 0, after: 0 }

export class RowWindow {
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>
  readonly #listeners = new Set<() => void>()
  #keys: ReadonlyArray<string> = []
  #scroller: HTMLElement | null = null
  #span = none
  /** Rows that are new in the page and not measured yet. */
  readonly #fresh = new Set<HTMLElement>()
  #hasLeft = false
  /** React is at it: what changes is looked at when it has committed. */
  #isBusy = false
  /** A scroll is being told. */
  #isScrolled = false

  constructor() {
    this.#virtualizer = new Virtualizer(this.#options())
    // All rows are in the flow: what grows above the fold has moved the rest already, in whichever direction one scrolls.
    this.#virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (
      { end, key, start },
      _delta,
      { itemSizeCache, scrollOffset }
    ) => (itemSizeCache.has(key) ? end <= (scrollOffset ?? 0) : start < (scrollOffset ?? 0))
  }

  /** Within the render that shows them; the same array as long as they are the same. */
  setKeys(keys: ReadonlyArray<string>): void {
    if (keys === this.#keys) return
    this.#keys = keys
    this.#busy(() => this.#virtualizer.setOptions(this.#options()))
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): RowSpan => {
    const next = this.#present()
    const { after, before, first, last } = this.#span
    if (next.first !== first || next.last !== last || next.before !== before || next.after !== after) this.#span = next
    return this.#span
  }

  attach(scroller: HTMLElement): () => void {
    this.#scroller = scroller
    const unmount = this.#virtualizer._didMount()
    const before = this.#span
    this.#busy(() => this.#virtualizer._willUpdate())
    scroller.addEventListener("scroll", this.#look, { passive: true })
    if (this.getSnapshot() !== before) this.#tell()
    return () => {
      scroller.removeEventListener("scroll", this.#look)
      notOnFrame(this.#tell)
      unmount()
      this.#scroller = null
    }
  }

  /** A row is in the page; it says its place by `data-index`. */
  attachRow(row: HTMLElement): () => void {
    this.#fresh.add(row)
    this.#busy(() => this.#virtualizer.measureElement(row))
    return () => {
      this.#fresh.delete(row)
      this.#hasLeft = true
    }
  }

  /** After each commit, before it is painted: what is new is measured, and what is read stays where it is. */
  committed(shown: RowSpan): void {
    const virtualizer = this.#virtualizer
    this.#busy(() => {
      if (this.#hasLeft) virtualizer.measureElement(null)
      this.#hasLeft = false
      virtualizer._willUpdate()
      const heights = [...this.#fresh].map((row) => [virtualizer.indexFromElement(row), heightOf(row)] as const)
      this.#fresh.clear()
      for (const [index, height] of heights) virtualizer.resizeItem(index, height)
    })
    if (this.getSnapshot() !== shown) this.#tell()
  }

  toEnd(smooth: boolean): void {
    const scroller = this.#scroller
    if (scroller === null) return
    if (smooth) this.#virtualizer.scrollToEnd({ behavior: "smooth" })
    else scroller.scrollTop = scroller.scrollHeight
  }

  /** At once, rows and all. */
  toMiddle(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: "center" })
    // What scrolls is told with the next frame only.
    this.#scroller?.dispatchEvent(new Event("scroll"))
    this.#tell()
  }

  #busy(act: () => void): void {
    this.#isBusy = true
    act()
    this.#isBusy = false
  }

  #options() {
    const keys = this.#keys
    return {
      count: keys.length,
      getScrollElement: () => this.#scroller,
      estimateSize: () => unseenPx,
      getItemKey: (index: number) => keys[index] ?? index,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset: this.#observeOffset,
      measureElement: (row: HTMLElement, entry: ResizeObserverEntry | undefined) =>
        entry?.borderBoxSize[0]?.blockSize ?? heightOf(row),
      onChange: (_: unknown, sync: boolean) => this.#changed(sync),
      // Before the first layout: about what there will be room for, and at the end.
      initialRect: { width: innerWidth, height: innerHeight },
      initialOffset: Number.MAX_SAFE_INTEGER,
      anchorTo: "end" as const,
      scrollEndThreshold: nearEndPx,
      paddingStart: startPx,
      paddingEnd: endPx
    }
  }

  #present(): RowSpan {
    const virtualizer = this.#virtualizer
    const range = virtualizer.calculateRange()
    const rows = virtualizer.measurementsCache
    const end = rows[rows.length - 1]?.end
    if (range === null || end === undefined) return none
    const height = virtualizer.scrollRect?.height ?? 0
    const top = Math.min(virtualizer.scrollOffset ?? 0, end + endPx - height)
    let { startIndex: first, endIndex: last } = range
    while (first > 0 && (rows[first]?.start ?? 0) > top - nearPx) first--
    while (last < rows.length - 1 && (rows[last]?.end ?? 0) < top + height + nearPx) last++
    // While a finger has hold of the list no position can be set: rows are then shown this much further up.
    const held = end + endPx - virtualizer.getTotalSize()
    return { first, last, before: (rows[first]?.start ?? 0) - held, after: end + endPx - (rows[last]?.end ?? 0) }
  }

  readonly #observeOffset: typeof observeElementOffset<HTMLElement> = (virtualizer, tell) =>
    observeElementOffset(virtualizer, (offset, isScrolling) => {
      this.#isScrolled = true
      tell(offset, isScrolling)
      this.#isScrolled = false
    })

  readonly #look = (): void => this.#changed(false)

  /**
   * `sync`: a position was set, or rows were measured when this frame's were laid out already. Rows that it lacks are then rendered at once, but
   * for those that a scroll brings: it comes before the frame. Those that it could do without go with the next.
   */
  #changed(sync: boolean): void {
    const before = this.#span
    if (this.#isBusy) return
    const next = this.getSnapshot()
    if (next === before) return
    const isMoved = next.first === before.first && next.before !== before.before
    const lacks = next.first < before.first || next.last > before.last
    if (sync && (isMoved || (lacks && !this.#isScrolled))) flushSync(this.#tell)
    else onFrame(this.#tell)
  }

  readonly #tell = (): void => {
    for (const listener of this.#listeners) listener()
  }
}

const heightOf = (row: HTMLElement): number => row.getBoundingClientRect().height
