import { useLayoutEffect, type RefObject } from "react"

/** The conversation whose row had the focus as it went, or that is to have it when it comes. */
let next: string | undefined

/** This row takes the focus as it comes: what called for it, a note or a dialog, goes. */
export const focusNextRow = (conversationId: string): void => {
  next = conversationId
}

/** A row that moves, into a folder say, is another one there: the focus goes with it. */
export const useRowFocus = (conversationId: string, row: RefObject<HTMLElement | null>): void =>
  useLayoutEffect(() => {
    const element = row.current
    if (next === conversationId) {
      next = undefined
      if (isFree()) element?.querySelector("a")?.focus()
    }
    return () => {
      if (element?.contains(document.activeElement) !== true) return
      next = conversationId
      // It comes in the same moment, or nowhere in sight.
      queueMicrotask(() => (next = undefined))
    }
  }, [conversationId, row])

export const rowOf = (conversationId: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`.list-row a[href="/c/${CSS.escape(conversationId)}"]`)

/** Whoever is somewhere else by now is left there. */
const isFree = (): boolean => {
  const { activeElement } = document
  return activeElement === null || activeElement === document.body || activeElement.closest(".toast") !== null
}
