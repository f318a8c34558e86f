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
  let timer: ReturnType<typeof setTimeout> | undefined

  const after = (delayMs: number, next: HTMLElement | undefined): void => {
    clearTimeout(timer)
    timer = setTimeout(() => to(next), delayMs)
  }
  const to = (next: HTMLElement | undefined): void => {
    clearTimeout(timer)
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

  on("pointerover", ({ pointerType, target }) => {
    if (pointerType === "touch" || !(target instanceof Element)) return
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
  on("scroll", hide)
  return () => {
    abort.abort()
    clearTimeout(timer)
  }
}

const tipOf = (anchor: HTMLElement): Tip => {
  const { keys, tip } = anchor.dataset
  return { anchor, label: anchor.ariaLabel ?? "", keys, side: tip === "bottom" || tip === "right" ? tip : "top" }
}
