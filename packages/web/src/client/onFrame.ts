/**
 * What changed is shown with the next frame: whatever was told until then is told in one task, and React makes one commit of it. Scroll
 * events come before it in the same frame, so that rows that come into sight lose no time.
 */
import { flushSync } from "react-dom"

/** A page that is hidden has no frames: changes are told so late, or once more as late. One that is covered may have none either. */
const hiddenMs = 250
const coveredMs = 5_000

const waiting = new Set<() => void>()
let frame = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Called once, however often it was asked for. */
export const onFrame = (tell: () => void): void => {
  if (waiting.size === 0) frame = requestAnimationFrame(tellAll)
  waiting.add(tell)
  timer ??= setTimeout(lookAfter, document.hidden ? hiddenMs : coveredMs, frame)
}

export const notOnFrame = (tell: () => void): void => void waiting.delete(tell)

/** One timer for many frames: what came since it was set has as long again. */
const lookAfter = (asked: number): void => {
  timer = undefined
  if (waiting.size === 0) return
  if (frame === asked) tellAll()
  else timer = setTimeout(lookAfter, document.hidden ? hiddenMs : coveredMs, frame)
}

// Frames have just ended: what waits for one is told by the clock.
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer)
  timer = undefined
  if (waiting.size > 0) timer = setTimeout(lookAfter, hiddenMs, frame)
})

const tellAll = (): void => {
  cancelAnimationFrame(frame)
  const told = [...waiting]
  waiting.clear()
  flushSync(() => {
    for (const tell of told) tell()
  })
}
