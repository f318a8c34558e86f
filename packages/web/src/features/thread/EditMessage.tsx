import { useLayoutEffect, useRef, useState } from "react"
import type { ChatMessage, UserContent, UserPart } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { textOfParts } from "./textOfParts.ts"

interface EditMessageProps {
  readonly message: ChatMessage
  readonly onCancel: () => void
  readonly onSend: (content: UserContent) => void
}

/** The text of one's own message, to be sent as a new version; what was attached to it stays. */
export const EditMessage = ({ message, onCancel, onSend }: EditMessageProps) => {
  const t = useText()
  const [text, setText] = useState(() => textOfParts(message.content))
  const box = useRef<HTMLTextAreaElement>(null)
  /** What had the focus: the message box, where that asked for it; the button that did is gone. */
  const from = useRef<Element>(null)
  useLayoutEffect(() => {
    const area = box.current
    from.current = document.activeElement
    area?.focus()
    area?.setSelectionRange(area.value.length, area.value.length)
  }, [])
  const cancel = () => {
    if (from.current instanceof HTMLElement && from.current !== document.body) from.current.focus()
    onCancel()
  }
  const send = () => {
    if (text.trim() === "") return
    const kept = message.content.flatMap((part): ReadonlyArray<UserPart> =>
      part.type === "image" || part.type === "file" || part.type === "tool-result" ? [part] : []
    )
    onSend([{ type: "text", text: text.trim() }, ...kept])
  }
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={box}
        dir="auto"
        value={text}
        aria-label={t("message.edit")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === "Escape") {
            // It is taken: elsewhere it stops the answer.
            event.preventDefault()
            cancel()
          }
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault()
            send()
          }
        }}
      />
      <div className="dialog-actions">
        <button type="button" className="button" data-kind="quiet" onClick={cancel}>
          {t("action.cancel")}
        </button>
        <button type="submit" className="button" data-kind="primary" disabled={text.trim() === ""}>
          {t("message.editSend")}
        </button>
      </div>
    </form>
  )
}
