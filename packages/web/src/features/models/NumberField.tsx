import { useId } from "react"
import { useText } from "../../i18n/useText.ts"

/** 0.3 is three times 0.1, whatever binary fractions make of it. */
const tolerance = 1e-6

const isMultiple = (value: number, step: number): boolean => Math.abs(value / step - Math.round(value / step)) < tolerance

const nextMultiple = (value: number, step: number, direction: 1 | -1): number => {
  const steps = direction === 1 ? Math.ceil(value / step) : Math.floor(value / step)
  // Without the digits that only the multiplication has made.
  return Number((steps * step).toPrecision(12))
}

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
        // What was set elsewhere need not be a multiple: a form that holds it can be saved all the same.
        step={value === undefined || isMultiple(value, step) ? step : "any"}
        value={value ?? ""}
        placeholder={t("parameters.default")}
        {...(hint === undefined ? {} : { "aria-describedby": id })}
        onKeyDown={(event) => {
          const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0
          if (direction === 0 || value === undefined || isMultiple(value, step)) return
          event.preventDefault()
          onChange(Math.min(max, Math.max(min, nextMultiple(value, step, direction))))
        }}
        onChange={(event) => onChange(Number.isNaN(event.target.valueAsNumber) ? undefined : event.target.valueAsNumber)}
      />
      {hint === undefined ? null : <small id={id}>{hint}</small>}
    </label>
  )
}
