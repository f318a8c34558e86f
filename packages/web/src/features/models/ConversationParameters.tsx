import { useApp } from "../../app/AppContext.ts"
import { useChat } from "../../client/useChat.ts"
import { ParametersDialog } from "./ParametersDialog.tsx"

interface ConversationParametersProps {
  readonly conversationId: string
  readonly onClose: () => void
}

/** The parameters of a conversation that has begun; they hold for what is asked from now on. */
export const ConversationParameters = ({ conversationId, onClose }: ConversationParametersProps) => {
  const { parley } = useApp()
  const [chat, { beginning, conversation }] = useChat(conversationId)
  const present = conversation ?? beginning
  if (present === null) return null
  const { parameters = {}, systemPrompt = null } = present
  return (
    <ParametersDialog
      value={{ parameters, systemPrompt }}
      onClose={onClose}
      onChange={(value) =>
        beginning === null
          ? parley.api.conversations.update({ id: conversationId, ...value })
          : chat.beginWith({ ...beginning, ...value })
      }
    />
  )
}
