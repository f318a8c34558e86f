/** Keeps the end of a thread in sight as long as one is there. */
import { Value } from "../../client/Value.ts"
import { nearEndPx, type RowWindow } from "./RowWindow.ts"

export class EndFollower {
  /** One has scrolled so far up that a way back helps. */
  readonly away = new Value(false)
  readonly #rows: RowWindow
  #follows = true
  #isAllowed = true
  #lastTop = 0

  constructor(rows: RowWindow) {
    this.#rows = rows
  }

  attach(box: HTMLElement, content: HTMLElement): () => void {
    this.toEnd()
    // After layout and before it is painted: what has grown is never seen beyond the edge.
    const observer = new ResizeObserver(() => {
      if (this.#follows) this.toEnd()
    })
    observer.observe(content)
    observer.observe(box)
    const onScroll = () => this.#scrolled(box)
    box.addEventListener("scroll", onScroll, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener("scroll", onScroll)
    }
  }

  /** False: what is shown ends before the newest message, and its end is no place to stay at. */
  allow(isAllowed: boolean): void {
    this.#isAllowed = isAllowed
  }

  letGo(): void {
    this.#follows = false
  }

  toEnd(smooth = false): void {
    this.#follows = true
    this.#rows.toEnd(smooth)
  }

  #scrolled(box: HTMLElement): void {
    const rest = box.scrollHeight - box.scrollTop - box.clientHeight
    // Only a movement upward lets go: growth alone moves nothing.
    if (rest <= nearEndPx) this.#follows = this.#isAllowed
    else if (box.scrollTop < this.#lastTop - 1) this.#follows = false
    this.#lastTop = box.scrollTop
    this.away.set(!this.#follows && rest > box.clientHeight / 3)
  }
}
