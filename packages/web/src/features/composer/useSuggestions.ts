/** What is offered while one writes: prompts after a `/` at the beginning, people and models after an `@`. */
import { useCallback, useId, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react"

export interface Suggestion {
  readonly id: string
  readonly label: string
  readonly note?: string
  /** What takes the place of the sign and what was typed after it. */
  readonly text: string
}

export interface SuggestionSource {
  readonly sign: "/" | "@"
  /** Only at the very beginning of the message. */
  readonly onlyAtStart: boolean
  readonly title: string
  readonly emptyText?: string
  readonly items: ReadonlyArray<Suggestion>
}

/** Shown at once, at most. */
const maxShown = 8
/** Longest word that is looked for, in UTF-16 code units. */
const maxQueryLength = 64

export interface Suggesting {
  readonly open: boolean
  readonly id: string
  readonly title: string
  readonly emptyText: string | undefined
  readonly items: ReadonlyArray<Suggestion>
  readonly active: number
  readonly setActive: (index: number) => void
  readonly choose: (index: number) => void
  readonly inputProps: Readonly<Record<string, string | boolean | undefined>>
  /** True when the key was meant for the list. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
  readonly onSelect: () => void
}

export const useSuggestions = (
  box: RefObject<HTMLTextAreaElement | null>,
  text: string,
  sources: ReadonlyArray<SuggestionSource>,
  replace: (text: string, caret: number) => void
): Suggesting => {
  const id = useId()
  const [caret, setCaretState] = useState(0)
  const known = useRef(0)
  const [closedFor, setClosedFor] = useState<Pick<Asked, "sign" | "start">>()
  const [active, setActive] = useState(0)
  // Told what it knows, React may still render once more.
  const setCaret = useCallback((at: number) => {
    if (at !== known.current) setCaretState(at)
    known.current = at
  }, [])
  const onSelect = useCallback(() => setCaret(box.current?.selectionStart ?? 0), [box, setCaret])

  const asked = useMemo(() => queryAt(text, Math.min(caret, text.length), sources), [text, caret, sources])
  const items = useMemo(() => (asked === undefined ? [] : matching(asked.source.items, asked.query)), [asked])
  // Until that sign is gone: one that is written in its place, in the next message say, asks anew.
  if (closedFor !== undefined && text.charAt(closedFor.start) !== closedFor.sign) setClosedFor(undefined)
  const isClosed = closedFor !== undefined && closedFor.start === asked?.start && closedFor.sign === asked.sign
  const open = asked !== undefined && !isClosed && (items.length > 0 || asked.source.emptyText !== undefined)
  const present = Math.min(active, Math.max(0, items.length - 1))

  const choose = (index: number) => {
    const item = items[index]
    if (asked === undefined || item === undefined) return
    const inserted = asked.sign === "@" ? `${item.text} ` : item.text
    const before = text.slice(0, asked.start)
    replace(before + inserted + text.slice(asked.end), before.length + inserted.length)
    setCaret(before.length + inserted.length)
    setActive(0)
    setClosedFor(asked)
  }

  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!open) return false
    switch (event.key) {
      case "ArrowDown":
        setActive((present + 1) % Math.max(1, items.length))
        break
      case "ArrowUp":
        setActive((present - 1 + items.length) % Math.max(1, items.length))
        break
      case "Enter":
      case "Tab":
        if (items.length === 0 || event.shiftKey) return false
        choose(present)
        break
      case "Escape":
        setClosedFor(asked)
        break
      default:
        return false
    }
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  return {
    open,
    id,
    title: asked?.source.title ?? "",
    emptyText: asked?.source.emptyText,
    items,
    active: present,
    setActive,
    choose,
    inputProps: {
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      "aria-controls": open ? id : undefined,
      "aria-activedescendant": open && items.length > 0 ? `${id}-${present}` : undefined
    },
    onKeyDown,
    onSelect
  }
}

interface Asked {
  readonly source: SuggestionSource
  readonly sign: SuggestionSource["sign"]
  readonly query: string
  readonly start: number
  readonly end: number
}

const queryAt = (text: string, caret: number, sources: ReadonlyArray<SuggestionSource>): Asked | undefined => {
  const before = text.slice(Math.max(0, caret - maxQueryLength), caret)
  for (const source of sources) {
    const at = before.lastIndexOf(source.sign)
    if (at < 0) continue
    const query = before.slice(at + 1)
    const start = caret - query.length - 1
    if (/\s/.test(query)) continue
    if (source.onlyAtStart ? start !== 0 : start > 0 && !/\s/.test(text.charAt(start - 1))) continue
    return { source, sign: source.sign, query: query.toLowerCase(), start, end: caret }
  }
  return undefined
}

const matching = (items: ReadonlyArray<Suggestion>, query: string): ReadonlyArray<Suggestion> =>
  items.filter(({ label }) => label.toLowerCase().includes(query)).slice(0, maxShown)
