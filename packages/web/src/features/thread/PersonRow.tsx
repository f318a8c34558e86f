import { Check, Copy, Pencil } from "lucide-react"
import { useLayoutEffect, useRef, type Ref } from "react"
import type { ChatMessage, Part, ToolResult as Result } from "../../client/sdk.ts"
import { isLocal } from "../../client/filesToSend.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { useCopied } from "../../design/useCopied.ts"
import { contained } from "../../i18n/bidi.ts"
import { Plain } from "../../i18n/Plain.tsx"
import { useText } from "../../i18n/useText.ts"
import { EditMessage } from "./EditMessage.tsx"
import { MessageFile } from "./MessageFile.tsx"
import { MessageImage } from "./MessageImage.tsx"
import { SendFault } from "./SendFault.tsx"
import type { ThreadActions } from "./ThreadActions.ts"
import { textOfParts } from "./textOfParts.ts"
import { ToolResult } from "./ToolCall.tsx"
import { VersionSwitch } from "./VersionSwitch.tsx"

interface PersonRowProps {
  readonly message: ChatMessage
  readonly toolResults: ReadonlyArray<Result>
  readonly authorName: string | null
  readonly isRoom: boolean
  readonly isLast: boolean
  readonly actions: ThreadActions
  readonly editing: boolean
  readonly onEdit: (key: string | undefined) => void
}

export const PersonRow = ({ actions, authorName, editing, isLast, isRoom, message, onEdit, toolResults }: PersonRowProps) => {
  const t = useText()
  const isOwn = authorName === null
  const edit = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(editing)
  useLayoutEffect(() => {
    // It went with the field.
    if (wasEditing.current && !editing && document.activeElement === document.body) edit.current?.focus()
    wasEditing.current = editing
  }, [editing])
  const { content, delivery, siblings } = message
  // All that it says is shown with the calls it answers.
  const saysNothing = toolResults.length === 0 && content.every(({ type }) => type === "tool-result")
  if (saysNothing && delivery === "accepted" && siblings.length < 2) return null
  return (
    <article
      className="message person"
      data-own={isOwn}
      data-last={isLast}
      data-delivery={message.delivery}
      aria-label={authorName ?? t("message.you")}
    >
      <h2 className="visually-hidden">{authorName ?? t("message.you")}</h2>
      {isRoom && !isOwn ? (
        <header className="message-author">
          <Avatar of="person" name={authorName} />
          <span dir="auto">{contained(authorName)}</span>
        </header>
      ) : null}
      {editing ? (
        <EditMessage
          message={message}
          onCancel={() => onEdit(undefined)}
          onSend={(content) => {
            if (!actions.edit(message, content)) return
            // Where one goes on from, as after any message.
            document.getElementById("composer")?.focus()
            onEdit(undefined)
          }}
        />
      ) : (
        <>
          {message.content.map((part, index) => (
            <PersonPart key={index} part={part} />
          ))}
          {toolResults.map((result, index) => (
            <ToolResult key={index} result={result} />
          ))}
          <SendFault message={message} actions={actions} />
          <PersonActions
            message={message}
            actions={actions}
            editRef={edit}
            onEdit={isOwn ? () => onEdit(message.key) : undefined}
          />
        </>
      )}
    </article>
  )
}

const PersonPart = ({ part }: { readonly part: Part }) => {
  switch (part.type) {
    case "text":
      return (
        <p className="bubble" dir="auto">
          <Plain text={part.text} />
        </p>
      )
    case "image":
      return <MessageImage url={part.url} />
    case "file":
      return (
        <MessageFile
          url={isLocal(part) ? undefined : `/api/attachments/${encodeURIComponent(part.attachmentId)}`}
          name={part.name}
          isImage={part.contentType.startsWith("image/")}
        />
      )
    default:
      return null
  }
}

interface PersonActionsProps {
  readonly message: ChatMessage
  readonly actions: ThreadActions
  readonly editRef: Ref<HTMLButtonElement>
  readonly onEdit: (() => void) | undefined
}

const PersonActions = ({ actions, editRef, message, onEdit }: PersonActionsProps) => {
  const t = useText()
  const [copied, copy] = useCopied()
  if (message.delivery !== "accepted") return null
  return (
    <footer className="message-actions">
      <IconButton
        size="small"
        side="bottom"
        label={copied ? t("action.copied") : t("action.copy")}
        onClick={() => copy(textOfParts(message.content))}
      >
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      </IconButton>
      {onEdit === undefined ? null : (
        <IconButton ref={editRef} size="small" side="bottom" label={t("action.edit")} onClick={onEdit}>
          <Pencil aria-hidden />
        </IconButton>
      )}
      <VersionSwitch message={message} onSelect={actions.selectVersion} />
    </footer>
  )
}
