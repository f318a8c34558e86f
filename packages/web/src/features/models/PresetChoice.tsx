import { usePrompts } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"

interface PresetChoiceProps {
  /** The id of the one that was taken over; empty for none. */
  readonly value: string
  readonly onChoose: (preset: Prompt | undefined) => void
}

/** Takes over a preset; nothing where there is none. */
export const PresetChoice = ({ onChoose, value }: PresetChoiceProps) => {
  const t = useText()
  const presets = usePrompts().filter(({ kind }) => kind === "preset")
  if (presets.length === 0) return null
  return (
    <label className="field">
      <span>{t("parameters.preset")}</span>
      <select className="input" value={value} onChange={(event) => onChoose(presets.find(({ id }) => id === event.target.value))}>
        <option value="">{t("parameters.presetNone")}</option>
        {presets.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
