/**
 * The messages of a conversation, of which only those in sight are in the page. It stays at the end while one is there: what grows pushes
 * upward in the same frame. Whoever scrolls up is left alone.
 */
import { ArrowDown } from "lucide-react"
import { useCallback, useLayoutEffect, useRef, useState, type ReactNode } from "react"
import { Virtualizer, type VirtualizerHandle } from "virtua"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import "./thread.css"

/** Where the view is brought, and what is marked there: once for each object. */
export interface FoundPlace {
  readonly id: string
}

interface ThreadProps {
  readonly messages: ReadonlyArray<ChatMessage>
  readonly render: (message: ChatMessage, isLast: boolean) => ReactNode
  readonly hasOlder: boolean
  readonly loadOlder: () => void
  /** What is shown ends before the newest message. */
  readonly hasNewer: boolean
  readonly loadNewer: () => void
  readonly showNewest: () => void
  readonly found: FoundPlace | undefined
  /** What stands below the last message and is as wide as it. */
  readonly end: ReactNode
}

/** So near to the end counts as there, in CSS pixels. */
const nearEndPx = 40
/** So near to the beginning older messages are asked for; and newer ones to the end of what was found. */
const nearStartPx = 600

export const Thread = ({ end, found, hasNewer, hasOlder, loadNewer, loadOlder, messages, render, showNewest }: ThreadProps) => {
  const t = useText()
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const virtualizer = useRef<VirtualizerHandle>(null)
  const follows = useRef(true)
  const lastTop = useRef(0)
  const [away, setAway] = useState(false)
  const shift = useIsPrepended(messages)

  const toEnd = useCallback((smooth = false) => {
    const box = scroller.current
    if (box === null) return
    follows.current = true
    box.scrollTo({ top: box.scrollHeight, behavior: smooth ? "smooth" : "instant" })
  }, [])

  useLayoutEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (box === null || inner === null) return
    toEnd()
    const observer = new ResizeObserver(() => {
      if (follows.current) toEnd()
    })
    observer.observe(inner)
    observer.observe(box)
    return () => observer.disconnect()
  }, [toEnd])

  // One's own new message brings the view to the end, wherever it was.
  const last = messages.at(-1)
  const ownNew = last?.delivery === "pending" ? last.key : undefined
  useLayoutEffect(() => {
    if (ownNew !== undefined) toEnd()
  }, [ownNew, toEnd])

  // The message that was looked for, in the middle, once it is among them.
  const sought = useRef<FoundPlace>(undefined)
  useLayoutEffect(() => {
    if (found === undefined || sought.current === found) return
    const index = messages.findIndex(({ id }) => id === found.id)
    if (index < 0) return
    sought.current = found
    follows.current = false
    virtualizer.current?.scrollToIndex(index, { align: "center" })
  }, [found, messages])

  const onScroll = () => {
    const box = scroller.current
    if (box === null) return
    const rest = box.scrollHeight - box.scrollTop - box.clientHeight
    // Only a movement upward lets go: growth alone moves nothing.
    if (rest <= nearEndPx) follows.current = !hasNewer
    else if (box.scrollTop < lastTop.current - 1) follows.current = false
    lastTop.current = box.scrollTop
    setAway(!follows.current && rest > box.clientHeight / 3)
    if (hasOlder && box.scrollTop < nearStartPx) loadOlder()
    if (hasNewer && rest < nearStartPx) loadNewer()
  }

  return (
    <div className="thread">
      {/* Scrolls by keyboard. */}
      <div className="thread-scroll" ref={scroller} onScroll={onScroll} tabIndex={0} role="region" aria-label={t("thread.label")}>
        <div className="thread-column" ref={content}>
          {hasOlder ? <p className="thread-older">{t("thread.loadOlder")}</p> : null}
          <Virtualizer ref={virtualizer} scrollRef={scroller} data={messages} shift={shift} bufferSize={800}>
            {(message, index) => (
              <div key={message.key} ref={message.id === found?.id ? focusOn : undefined} data-found={message.id === found?.id}>
                {render(message, index === messages.length - 1)}
              </div>
            )}
          </Virtualizer>
          {end}
        </div>
      </div>
      <button
        type="button"
        className="thread-latest"
        hidden={!away && !hasNewer}
        onClick={() => {
          if (hasNewer) showNewest()
          toEnd(!hasNewer)
        }}
        aria-label={t("thread.latest")}
        title={t("thread.latest")}
      >
        <ArrowDown aria-hidden />
      </button>
    </div>
  )
}

/** Who reads by ear or by keyboard goes on from there. */
const focusOn = (row: HTMLElement | null): void => {
  if (row === null) return
  row.tabIndex = -1
  row.focus({ preventScroll: true })
}

/** Whether the list has grown at its beginning since the last time: then what is in sight must stay where it is. */
const useIsPrepended = (messages: ReadonlyArray<ChatMessage>): boolean => {
  const before = useRef<{ readonly first: string | undefined; readonly last: string | undefined; readonly shift: boolean }>({
    first: undefined,
    last: undefined,
    shift: false
  })
  const first = messages[0]?.key
  const last = messages.at(-1)?.key
  if (first !== before.current.first || last !== before.current.last) {
    const known = before.current.first
    const shift =
      known !== undefined && first !== known && last === before.current.last && messages.some(({ key }) => key === known)
    before.current = { first, last, shift }
  }
  return before.current.shift
}
