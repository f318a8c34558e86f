/** Which button's name is to be told: the one that a pointer rests on, or that the keyboard has come to. */
export interface Tip {
  readonly anchor: HTMLElement
  readonly label: string
  readonly keys: string | undefined
  readonly side: "top" | "bottom" | "right"
}

/** A pointer rests this long before it is told. */
const restMs = 500
/** One that goes on to a neighbour, or into what is told, has so long for the way. */
const graceMs = 150

export const watchTips = (tell: (tip: Tip | undefined) => void): (() => void) => {
  let shown: HTMLElement | undefined
  /** Is told after its delay, unless that was ended. */
  let coming: HTMLElement | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Where the pointer was last, as far as it was seen. */
  let last: readonly [x: number, y: number] | undefined

  const after = (delayMs: number, next: HTMLElement | undefined): void => {
    clearTimeout(timer)
    coming = next
    timer = setTimeout(() => to(next), delayMs)
  }
  const to = (next: HTMLElement | undefined): void => {
    clearTimeout(timer)
    coming = undefined
    shown = next?.isConnected === true ? next : undefined
    tell(shown === undefined ? undefined : tipOf(shown))
  }
  const hide = () => {
    if (shown === undefined) clearTimeout(timer)
    else to(undefined)
  }

  const abort = new AbortController()
  const on = <Type extends keyof DocumentEventMap>(
    type: Type,
    listener: (event: DocumentEventMap[Type]) => void,
    passive = true
  ) => document.addEventListener(type, listener, { capture: true, passive, signal: abort.signal })

  on("pointermove", ({ clientX, clientY }) => void (last = [clientX, clientY]))
  on("pointerover", ({ clientX, clientY, pointerType, target }) => {
    if (pointerType === "touch" || !(target instanceof Element)) return
    // Where it rests the page has moved under it, a closing list perhaps: whoever works with the keyboard goes on reading. One that has rested since
    // before this page listened is not known to move either.
    const rests = last === undefined || (last[0] === clientX && last[1] === clientY)
    last = [clientX, clientY]
    if (rests && shown !== undefined && shown === document.activeElement) return
    const over = target.closest<HTMLElement>("[data-tip]") ?? undefined
    const isTold = target.closest(".tooltip") !== null || (over !== undefined && over === shown)
    if (isTold) clearTimeout(timer)
    else if (shown !== undefined) after(graceMs, over)
    else if (over !== undefined) after(restMs, over)
    else clearTimeout(timer)
  })
  on("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.dataset["tip"] !== undefined && target.matches(":focus-visible")) to(target)
  })
  on(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return
      // One that is told goes; the answer that the key would stop goes on. With Shift the key leads to the message box, and does.
      if (shown !== undefined && !event.shiftKey) event.preventDefault()
      hide()
    },
    false
  )
  on("pointerdown", hide)
  on("focusout", hide)
  // What scrolls elsewhere, as an answer does that is being written, moves nothing of it.
  on("scroll", ({ target }) => {
    const anchor = shown ?? coming
    if (anchor !== undefined && target instanceof Node && target.contains(anchor)) hide()
  })
  return () => {
    abort.abort()
    clearTimeout(timer)
  }
}

const tipOf = (anchor: HTMLElement): Tip => {
  const { keys, tip } = anchor.dataset
  return { anchor, label: anchor.ariaLabel ?? "", keys, side: tip === "bottom" || tip === "right" ? tip : "top" }
}
