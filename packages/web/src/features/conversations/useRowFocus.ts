import { useLayoutEffect, type RefObject } from "react"

/** The conversation whose row had the focus as it went. */
let moving: string | undefined

/** The one whose row is to have it when it comes. */
let called: string | undefined

/** This row takes the focus as it comes: what called for it, a note or a dialog, goes. */
export const focusNextRow = (conversationId: string): void => {
  called = conversationId
}

/** A folder that it comes into opens for it. */
export const isCalled = (conversationId: string): boolean => called === conversationId

/** A row that moves, into a folder say, is another one there: the focus goes with it. One that goes from sight leaves it to its neighbour. */
export const useRowFocus = (conversationId: string, row: RefObject<HTMLElement | null>): void =>
  useLayoutEffect(() => {
    const element = row.current
    const isAwaited = moving === conversationId || called === conversationId
    if (called === conversationId) called = undefined
    if (isAwaited && isFree()) element?.querySelector("a")?.focus()
    return () => {
      const { activeElement } = document
      // What is chosen in its menu has the focus there, and the menu goes with the row.
      if (element?.contains(activeElement) !== true && (activeElement?.closest(".menu") ?? null) === null) return
      moving = conversationId
      const others = neighboursOf(element)
      // It comes in the same moment, or nowhere in sight.
      queueMicrotask(() => {
        moving = undefined
        if (isFree()) focusFirst(others)
      })
    }
  }, [conversationId, row])

export const rowOf = (conversationId: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`.list-row a[href="/c/${CSS.escape(conversationId)}"]`)

/** The nearest first, those below before those above; then the message box, which a drawer covers: there it is what ends the list. */
const neighboursOf = (row: HTMLElement | null): ReadonlyArray<HTMLElement> => {
  const links = [...document.querySelectorAll<HTMLElement>(".sidebar-scroll .list-link")]
  const at = links.findIndex((link) => row?.contains(link))
  const rest = document.querySelectorAll<HTMLElement>("#composer, .sidebar-scroll .list-switch")
  return [...links.slice(at + 1), ...links.slice(0, Math.max(at, 0)).reverse(), ...[...rest].reverse()]
}

/** What has gone too, or is covered, does not take it. */
const focusFirst = (places: ReadonlyArray<HTMLElement>): void => {
  for (const place of places) {
    place.focus()
    if (document.activeElement === place) return
  }
}

/** Whoever is somewhere else by now is left there. */
const isFree = (): boolean => {
  const { activeElement } = document
  return activeElement === null || activeElement === document.body || activeElement.closest(".toast") !== null
}
