import { useId } from "react"
import { useText } from "../../i18n/useText.ts"

interface NumberFieldProps {
  readonly label: string
  readonly hint?: string
  readonly value: number | undefined
  readonly min?: number
  readonly max: number
  readonly step: number
  readonly onChange: (value: number | undefined) => void
}

export const NumberField = ({ hint, label, max, min = 0, onChange, step, value }: NumberFieldProps) => {
  const t = useText()
  const id = useId()
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className="input"
        type="number"
        inputMode="decimal"
        min={min}
        max={max}
        step={step}
        value={value ?? ""}
        placeholder={t("parameters.default")}
        {...(hint === undefined ? {} : { "aria-describedby": id })}
        onChange={(event) => onChange(Number.isNaN(event.target.valueAsNumber) ? undefined : event.target.valueAsNumber)}
      />
      {hint === undefined ? null : <small id={id}>{hint}</small>}
    </label>
  )
}
