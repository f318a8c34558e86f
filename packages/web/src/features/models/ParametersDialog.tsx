import { useState } from "react"
import { SavingForm } from "../../app/SavingForm.tsx"
import { useSaving } from "../../app/useSaving.ts"
import type { ConversationInput } from "../../client/sdk.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { useText } from "../../i18n/useText.ts"
import { ParameterFields } from "./ParameterFields.tsx"
import { resetDraft, withPreset, type ParametersDraft } from "./parametersDraft.ts"
import { PresetChoice } from "./PresetChoice.tsx"

interface ParametersDialogProps {
  readonly value: ConversationInput
  /** Once that is done it is closed; what it is rejected with is told, and all that was filled in stays. */
  readonly onChange: (value: ConversationInput) => unknown
  readonly onClose: () => void
}

/** How a conversation is answered: its system prompt and the model's parameters. An empty field is the model's own default. */
export const ParametersDialog = ({ onChange, onClose, value }: ParametersDialogProps) => {
  const t = useText()
  const [state, setState] = useState<ParametersDraft>({ value, presetId: "" })
  const saving = useSaving()
  const { presetId, value: draft } = state
  const set = (change: ConversationInput) => setState({ presetId, value: { ...draft, ...change } })
  const parameters = draft.parameters ?? {}
  const keep = async (): Promise<void> => {
    const value = { ...draft, systemPrompt: draft.systemPrompt?.trim() || null, parameters }
    if (await saving.save(() => onChange(value))) onClose()
  }
  const reset = (): void => {
    saving.changed()
    setState(resetDraft)
  }
  return (
    <Dialog title={t("parameters.title")} onClose={onClose}>
      <SavingForm saving={saving} onSave={keep} saveLabel={t("action.save")} other={{ label: t("parameters.reset"), run: reset }}>
        <PresetChoice value={presetId} onChoose={(preset) => setState(withPreset(state, preset))} />
        <label className="field">
          <span>{t("parameters.system")}</span>
          <textarea
            className="input"
            dir="auto"
            rows={4}
            maxLength={100_000}
            value={draft.systemPrompt ?? ""}
            onChange={(event) => set({ systemPrompt: event.target.value })}
          />
          <small>{t("parameters.systemHint")}</small>
        </label>
        <ParameterFields value={parameters} onChange={(tuned) => set({ parameters: tuned })} />
      </SavingForm>
    </Dialog>
  )
}
