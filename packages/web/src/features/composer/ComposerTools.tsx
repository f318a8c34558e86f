import { SlidersHorizontal } from "lucide-react"
import { useApp } from "../../app/AppContext.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { useText } from "../../i18n/useText.ts"
import { ModelPicker } from "../models/ModelPicker.tsx"

interface ComposerToolsProps {
  readonly conversationId: string
  /** Undefined: whichever the server takes. */
  readonly model: string | undefined
  readonly onModel: (model: string) => void
}

/** Which model answers from now on, and how; nothing for a guest, who may not say that. */
export const ComposerTools = ({ conversationId, model, onModel }: ComposerToolsProps) => {
  const t = useText()
  const { isGuest, open } = useApp()
  if (isGuest) return null
  return (
    <>
      <IconButton label={t("parameters.title")} onClick={() => open({ dialog: "parameters", conversationId })}>
        <SlidersHorizontal aria-hidden />
      </IconButton>
      {model === undefined ? null : <ModelPicker value={model} onChange={onModel} />}
    </>
  )
}
