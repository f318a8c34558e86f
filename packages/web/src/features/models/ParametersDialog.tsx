import { useState } from "react"
import type { ConversationInput } from "../../client/sdk.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { useText } from "../../i18n/useText.ts"
import { NumberField } from "./NumberField.tsx"
import { PresetChoice } from "./PresetChoice.tsx"

interface ParametersDialogProps {
  readonly value: ConversationInput
  readonly onChange: (value: ConversationInput) => void
  readonly onClose: () => void
}

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh"] as const

/** How a conversation is answered: its system prompt and the model's parameters. An empty field is the model's own default. */
export const ParametersDialog = ({ onChange, onClose, value }: ParametersDialogProps) => {
  const t = useText()
  const [draft, setDraft] = useState(value)
  const parameters = draft.parameters ?? {}
  const tune = (change: Record<string, number | string | undefined>) => {
    const entries = Object.entries({ ...parameters, ...change }).filter(([, set]) => set !== undefined)
    setDraft({ ...draft, parameters: Object.fromEntries(entries) })
  }
  return (
    <Dialog title={t("parameters.title")} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          onChange({ ...draft, systemPrompt: draft.systemPrompt?.trim() || null, parameters })
          onClose()
        }}
      >
        <PresetChoice
          onChoose={({ model, parameters: chosen, text }) =>
            setDraft({ ...draft, ...(model === null ? {} : { model }), systemPrompt: text, parameters: chosen })
          }
        />
        <label className="field">
          <span>{t("parameters.system")}</span>
          <textarea
            className="input"
            dir="auto"
            rows={4}
            maxLength={100_000}
            value={draft.systemPrompt ?? ""}
            onChange={(event) => setDraft({ ...draft, systemPrompt: event.target.value })}
          />
          <small>{t("parameters.systemHint")}</small>
        </label>
        <div className="field-pair">
          <NumberField
            label={t("parameters.temperature")}
            hint={t("parameters.temperatureHint")}
            value={parameters.temperature}
            max={2}
            step={0.1}
            onChange={(temperature) => tune({ temperature })}
          />
          <NumberField
            label={t("parameters.topP")}
            value={parameters.topP}
            max={1}
            step={0.05}
            onChange={(topP) => tune({ topP })}
          />
          <NumberField
            label={t("parameters.maxTokens")}
            value={parameters.maxOutputTokens}
            min={1}
            max={1_000_000}
            step={1}
            onChange={(maxOutputTokens) => tune({ maxOutputTokens })}
          />
          <label className="field">
            <span>{t("parameters.effort")}</span>
            <select
              className="input"
              value={parameters.reasoningEffort ?? ""}
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
        <div className="dialog-actions">
          <button
            type="button"
            className="button"
            data-kind="quiet"
            onClick={() => setDraft({ systemPrompt: null, parameters: {} })}
          >
            {t("parameters.reset")}
          </button>
          <button type="submit" className="button" data-kind="primary">
            {t("action.save")}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
