import type { ModelParameters } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { NumberField } from "./NumberField.tsx"

interface ParameterFieldsProps {
  readonly value: ModelParameters
  readonly onChange: (value: ModelParameters) => void
}

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh"] as const

/** What can be tuned of a model. An empty field is the model's own default; what has no field here stays as it is. */
export const ParameterFields = ({ onChange, value }: ParameterFieldsProps) => {
  const t = useText()
  const tune = (change: Record<string, number | string | undefined>) =>
    onChange(Object.fromEntries(Object.entries({ ...value, ...change }).filter(([, set]) => set !== undefined)))
  return (
    <div className="field-pair">
      <NumberField
        label={t("parameters.temperature")}
        hint={t("parameters.temperatureHint")}
        value={value.temperature}
        max={2}
        step={0.1}
        onChange={(temperature) => tune({ temperature })}
      />
      <NumberField label={t("parameters.topP")} value={value.topP} max={1} step={0.05} onChange={(topP) => tune({ topP })} />
      <NumberField
        label={t("parameters.maxTokens")}
        value={value.maxOutputTokens}
        min={1}
        max={1_000_000}
        step={1}
        onChange={(maxOutputTokens) => tune({ maxOutputTokens })}
      />
      <label className="field">
        <span>{t("parameters.effort")}</span>
        <select
          className="input"
          value={value.reasoningEffort ?? ""}
          onChange={({ target: { value: chosen } }) => tune({ reasoningEffort: chosen === "" ? undefined : chosen })}
        >
          <option value="">{t("parameters.default")}</option>
          {efforts.map((effort) => (
            <option key={effort} value={effort}>
              {t(`effort.${effort}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}
