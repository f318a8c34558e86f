import { SlidersHorizontal } from "lucide-react"
import { useApp } from "../../app/AppContext.ts"
import type { Conversation } from "../../client/sdk.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { useText } from "../../i18n/useText.ts"
import { ModelPicker } from "../models/ModelPicker.tsx"

/** Which model answers from now on, and how. */
export const ComposerTools = ({ conversation }: { readonly conversation: Conversation }) => {
  const t = useText()
  const { open, parley, report } = useApp()
  const { id, model } = conversation
  return (
    <>
      <IconButton label={t("parameters.title")} onClick={() => open({ dialog: "parameters", conversationId: id })}>
        <SlidersHorizontal aria-hidden />
      </IconButton>
      <ModelPicker value={model} onChange={(next) => void parley.api.conversations.update({ id, model: next }).catch(report)} />
    </>
  )
}
