import { useApp } from "../../app/AppContext.ts"
import { useChat } from "../../client/useChat.ts"
import { ParametersDialog } from "./ParametersDialog.tsx"

interface ConversationParametersProps {
  readonly conversationId: string
  readonly onClose: () => void
}

/** The parameters of a conversation that has begun; they hold for what is asked from now on. */
export const ConversationParameters = ({ conversationId, onClose }: ConversationParametersProps) => {
  const { parley, report } = useApp()
  const [, { conversation }] = useChat(conversationId)
  if (conversation === null) return null
  const { parameters, systemPrompt } = conversation
  return (
    <ParametersDialog
      value={{ parameters, systemPrompt }}
      onClose={onClose}
      onChange={(value) => void parley.api.conversations.update({ id: conversationId, ...value }).catch(report)}
    />
  )
}
