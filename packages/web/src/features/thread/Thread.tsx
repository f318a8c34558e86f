/**
 * The messages of a conversation. It stays at the end while one is there: what grows pushes upward in the same frame. Whoever scrolls up
 * is left alone.
 */
import { ArrowDown } from "lucide-react"
import { useLayoutEffect, useRef, useState, type ReactNode } from "react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { useText } from "../../i18n/useText.ts"
import { EndFollower } from "./EndFollower.ts"
import { Rows } from "./Rows.tsx"
import { RowWindow } from "./RowWindow.ts"
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
}

/** So near to the beginning older messages are asked for, and newer ones to the end of what was found, in CSS pixels. */
const nearEdgePx = 600

export const Thread = ({ found, hasNewer, hasOlder, loadNewer, loadOlder, messages, render, showNewest }: ThreadProps) => {
  const t = useText()
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [rows] = useState(() => new RowWindow())
  const [follower] = useState(() => new EndFollower(rows))
  const away = useSnapshot(follower.away)
  const keys = useKeys(messages)

  useLayoutEffect(() => {
    if (scroller.current === null || content.current === null) return
    const detach = rows.attach(scroller.current)
    const stop = follower.attach(scroller.current, content.current)
    return () => {
      stop()
      detach()
    }
  }, [follower, rows])
  useLayoutEffect(() => follower.allow(!hasNewer), [follower, hasNewer])

  // One's own new message brings the view to the end, wherever it was.
  const last = messages.at(-1)
  const ownNew = last?.delivery === "pending" ? last.key : undefined
  useLayoutEffect(() => {
    if (ownNew !== undefined) follower.toEnd()
  }, [follower, ownNew])

  // The message that was looked for, in the middle, once it is among them.
  const sought = useRef<FoundPlace>(undefined)
  useLayoutEffect(() => {
    if (found === undefined || sought.current === found) return
    const index = messages.findIndex(({ id }) => id === found.id)
    if (index < 0) return
    sought.current = found
    follower.letGo()
    rows.toMiddle(index)
  }, [follower, found, messages, rows])

  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null) return
    const look = () => {
      if (hasOlder && box.scrollTop < nearEdgePx) loadOlder()
      if (hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < nearEdgePx) loadNewer()
    }
    box.addEventListener("scroll", look, { passive: true })
    return () => box.removeEventListener("scroll", look)
  }, [hasNewer, hasOlder, loadNewer, loadOlder])

  return (
    <div className="thread">
      {/* Scrolls by keyboard. */}
      <div className="thread-scroll" ref={scroller} tabIndex={0} role="region" aria-label={t("thread.label")}>
        <div className="thread-column" ref={content}>
          {hasOlder ? <p className="thread-older">{t("thread.loadOlder")}</p> : null}
          <Rows
            of={rows}
            keys={keys}
            marked={found === undefined ? undefined : messages.find(({ id }) => id === found.id)?.key}
            render={(index) => {
              const message = messages[index]
              return message === undefined ? null : render(message, index === messages.length - 1)
            }}
          />
        </div>
      </div>
      <button
        type="button"
        className="thread-latest"
        hidden={!away && !hasNewer}
        onClick={() => {
          if (hasNewer) showNewest()
          follower.toEnd(!hasNewer)
        }}
        aria-label={t("thread.latest")}
        title={t("thread.latest")}
      >
        <ArrowDown aria-hidden />
      </button>
    </div>
  )
}

/** The same array as long as they are the same. */
const useKeys = (messages: ReadonlyArray<ChatMessage>): ReadonlyArray<string> => {
  const kept = useRef<ReadonlyArray<string>>([])
  const { current } = kept
  const isSame = current.length === messages.length && messages.every(({ key }, index) => key === current[index])
  if (!isSame) kept.current = messages.map(({ key }) => key)
  return kept.current
}
