import { ChevronLeft, ChevronRight } from "lucide-react"
import type { ChatMessage } from "../../client/sdk.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { useText } from "../../i18n/useText.ts"

interface VersionSwitchProps {
  readonly message: ChatMessage
  readonly onSelect: (message: ChatMessage, index: number) => void
}

/** ‹ 2/3 › */
export const VersionSwitch = ({ message, onSelect }: VersionSwitchProps) => {
  const t = useText()
  const count = message.siblings.length
  if (count < 2) return null
  const index = message.siblingIndex
  return (
    <span className="versions" role="group" aria-label={t("message.version", { number: index + 1, count })}>
      <IconButton
        size="small"
        side="bottom"
        label={t("message.previous")}
        disabled={index === 0}
        onClick={() => onSelect(message, index - 1)}
      >
        <ChevronLeft aria-hidden className="flips" />
      </IconButton>
      <span aria-hidden>
        {index + 1}/{count}
      </span>
      <IconButton
        size="small"
        side="bottom"
        label={t("message.next")}
        disabled={index >= count - 1}
        onClick={() => onSelect(message, index + 1)}
      >
        <ChevronRight aria-hidden className="flips" />
      </IconButton>
    </span>
  )
}
