import { usePrompts } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"

/** Takes over a preset; nothing where there is none. */
export const PresetChoice = ({ onChoose }: { readonly onChoose: (preset: Prompt) => void }) => {
  const t = useText()
  const presets = usePrompts().filter(({ kind }) => kind === "preset")
  if (presets.length === 0) return null
  return (
    <label className="field">
      <span>{t("parameters.preset")}</span>
      <select
        className="input"
        defaultValue=""
        onChange={(event) => {
          const chosen = presets.find(({ id }) => id === event.target.value)
          if (chosen !== undefined) onChoose(chosen)
        }}
      >
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
