/** Says something in passing, from anywhere: what was done, with the way back, or what went wrong, with the way on. */
import { Toast } from "@base-ui/react/toast"

export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

export const toastManager = Toast.createToastManager<ToastAction>()

/** What was said before there was a place for it, as long as that lasts; the first ones. */
const early: Array<() => void> = []
const maxEarly = 8
let isPlaced = false
let lastId = 0

const whenPlaced = (say: () => void): void => {
  if (isPlaced) say()
  else if (early.length < maxEarly) early.push(say)
}

/** The place is there, and listens. */
export const placed = (): void => {
  isPlaced = true
  for (const say of early.splice(0)) say()
}

const shownMs = 6_000
/** Long enough to read and to reach its button. */
const shownWithActionMs = 10_000
/** However long somebody looks at it, or looks elsewhere: what waits for the end of a note is done after that time. */
const longestMs = 60_000

/** What was said to somebody who is here no more is nobody else's business. */
export const closeNotes = (): void => {
  early.length = 0
  placeOf.clear()
  saidBy.clear()
  toastManager.close()
}

let presentPlace: string | undefined
/** Of notes that speak of what is at one place only, by their ids. */
const placeOf = new Map<string, string>()

/** What the notes say that are open, by their ids, the first one first. On each that has an action more hangs than its text: it says what no other does. */
const saidBy = new Map<string, string>()
/** Shown at once; older ones wait behind them. */
export const maxShown = 3

export const isAt = (place: string): boolean => presentPlace === place

/** Until what it gives back is called: then that place is left, and notes that speak of it go. */
export const enterPlace = (place: string): (() => void) => {
  presentPlace = place
  return () => {
    if (isAt(place)) presentPlace = undefined
    for (const [id, of] of placeOf) {
      if (of !== place) continue
      placeOf.delete(id)
      saidBy.delete(id)
      toastManager.close(id)
    }
  }
}

export interface NotifyOptions {
  readonly action?: ToastAction
  readonly isError?: boolean
  /** What it speaks of is there: a conversation, by its id, or the page where one begins. It goes when that is left, and is not said where that was left before; without, it stays wherever one goes. */
  readonly place?: string | undefined
  /** The note is gone, and its action with it: called once, at most `longestMs` from now. */
  readonly onOver?: () => void
}

export const notify = (text: string, options: NotifyOptions = {}): void => {
  const { action, isError = false, onOver, place } = options
  // In the next conversation it would be taken for one of that.
  if (place !== undefined && !isAt(place)) return onOver?.()
  let longest: ReturnType<typeof setTimeout> | undefined
  const over = (): void => {
    if (longest === undefined) return
    clearTimeout(longest)
    longest = undefined
    onOver?.()
  }
  // Said again, it stays for as long again, and is not there twice.
  const said = JSON.stringify([text, isError, place, action === undefined && onOver === undefined ? 0 : ++lastId])
  const [shownId] = [...saidBy].slice(-maxShown).find(([, of]) => of === said) ?? []
  const id = shownId ?? `note-${++lastId}`
  saidBy.set(id, said)
  if (place !== undefined) placeOf.set(id, place)
  whenPlaced(() => {
    // Left before it could be said.
    if (place !== undefined && !placeOf.has(id)) return
    toastManager.add({
      id,
      description: text,
      type: isError ? "error" : "note",
      timeout: action === undefined ? shownMs : shownWithActionMs,
      // Base UI hides a note of high priority from who hears the page, its button too; what is urgent is said by `Toasts`.
      priority: "low",
      onClose: () => {
        placeOf.delete(id)
        saidBy.delete(id)
        over()
      },
      ...(action === undefined ? {} : { data: action })
    })
  })
  if (onOver === undefined) return
  longest = setTimeout(() => {
    toastManager.close(id)
    // Where notes could not be loaded nobody closes one.
    over()
  }, longestMs)
}
