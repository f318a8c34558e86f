import { useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { keepPrompt } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { ParameterFields } from "../models/ParameterFields.tsx"
import { useModels } from "../models/useModels.ts"

interface PromptFormProps {
  readonly kind: Prompt["kind"]
  /** A new one when undefined. */
  readonly prompt: Prompt | undefined
  readonly onClose: () => void
}

export const PromptForm = ({ kind, onClose, prompt }: PromptFormProps) => {
  const t = useText()
  const { report } = useApp()
  const models = useModels()
  const [name, setName] = useState(prompt?.name ?? "")
  const [text, setText] = useState(prompt?.text ?? "")
  const [model, setModel] = useState(prompt?.model ?? "")
  const [parameters, setParameters] = useState(prompt?.parameters ?? {})
  const [isShared, setShared] = useState(prompt?.isShared ?? false)
  const [busy, setBusy] = useState(false)
  const keep = async (): Promise<void> => {
    setBusy(true)
    try {
      await keepPrompt(prompt?.id, {
        kind,
        name: name.trim(),
        text,
        isShared,
        ...(kind === "preset" ? { model: model || null, parameters } : {})
      })
      onClose()
    } catch (error) {
      setBusy(false)
      report(error)
    }
  }
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        void keep()
      }}
    >
      <label className="field">
        <span>{t("settings.promptName")}</span>
        <input className="input" dir="auto" value={name} maxLength={128} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="field">
        <span>{t(kind === "prompt" ? "settings.promptText" : "parameters.system")}</span>
        <textarea
          className="input"
          dir="auto"
          rows={5}
          value={text}
          maxLength={100_000}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {kind === "prompt" ? null : (
        <>
          <label className="field">
            <span>{t("models.label")}</span>
            <select className="input" value={model} onChange={(event) => setModel(event.target.value)}>
              <option value="">{t("models.default")}</option>
              {models.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          <ParameterFields value={parameters} onChange={setParameters} />
        </>
      )}
      <label className="check">
        <input type="checkbox" checked={isShared} onChange={(event) => setShared(event.target.checked)} />
        {t("settings.shared")}
      </label>
      <div className="dialog-actions">
        <button type="button" className="button" data-kind="quiet" onClick={onClose}>
          {t("action.cancel")}
        </button>
        <button type="submit" className="button" data-kind="primary" disabled={busy || name.trim() === "" || text.trim() === ""}>
          {t("action.save")}
        </button>
      </div>
    </form>
  )
}
