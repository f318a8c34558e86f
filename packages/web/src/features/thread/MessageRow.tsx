import { memo } from "react"
import type { ChatMessage, ToolResult } from "../../client/sdk.ts"
import { AnswerRow } from "./AnswerRow.tsx"
import type { ThreadActions } from "./ThreadActions.ts"
import { PersonRow } from "./PersonRow.tsx"

interface MessageRowProps {
  readonly message: ChatMessage
  /** Those that are shown with this message; see `toolResultsOf`. */
  readonly toolResults: ReadonlyArray<ToolResult>
  readonly isLast: boolean
  /** Null for one's own. */
  readonly authorName: string | null
  /** Several people are here: who speaks is said. */
  readonly isRoom: boolean
  readonly actions: ThreadActions
  readonly editing: boolean
  /** Undefined: no message is edited any more. */
  readonly onEdit: (key: string | undefined) => void
}

export const MessageRow = memo((props: MessageRowProps) =>
  props.message.role === "assistant" ? <AnswerRow {...props} /> : <PersonRow {...props} />
)
