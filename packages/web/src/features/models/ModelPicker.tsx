import { ChevronDown } from "lucide-react"
import { PopoverButton } from "../../design/popups.tsx"
import { useText } from "../../i18n/useText.ts"
import { ModelList } from "./ModelList.tsx"
import { modelName } from "./modelName.ts"

interface ModelPickerProps {
  readonly value: string
  readonly onChange: (model: string) => void
}

export const ModelPicker = ({ onChange, value }: ModelPickerProps) => {
  const t = useText()
  return (
    <PopoverButton
      side="top"
      className="models"
      label={t("models.label")}
      button={
        <button className="model-picker" aria-label={`${t("models.label")}: ${modelName(value)}`}>
          <span>{modelName(value)}</span>
          <ChevronDown aria-hidden />
        </button>
      }
    >
      {(close) => (
        <ModelList
          value={value}
          onChoose={(model) => {
            onChange(model)
            close()
          }}
        />
      )}
    </PopoverButton>
  )
}
