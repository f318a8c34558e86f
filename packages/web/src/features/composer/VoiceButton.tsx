import { Mic, MicOff } from "lucide-react"
import { IconButton } from "../../design/IconButton.tsx"
import { useText } from "../../i18n/useText.ts"
import { canDictate, useDictation } from "../speech/useDictation.ts"

interface VoiceButtonProps {
  /** What was understood so far, and may still change. */
  readonly onInterim: (text: string) => void
  readonly onText: (text: string) => void
}

/** Only where the browser understands speech. */
export const VoiceButton = ({ onInterim, onText }: VoiceButtonProps) => {
  const t = useText()
  const [listening, toggle] = useDictation({ onInterim, onText })
  if (!canDictate) return null
  return (
    <IconButton label={listening ? t("composer.voiceStop") : t("composer.voice")} aria-pressed={listening} onClick={toggle}>
      {listening ? <MicOff aria-hidden /> : <Mic aria-hidden />}
    </IconButton>
  )
}
