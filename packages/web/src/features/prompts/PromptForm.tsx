import { useState } from "react"
import { useSaving } from "../../app/useSaving.ts"
import { keepPrompt } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { FormFault } from "../../design/FormFault.tsx"
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
  const models = useModels()
  const [name, setName] = useState(prompt?.name ?? "")
  const [text, setText] = useState(prompt?.text ?? "")
  const [model, setModel] = useState(prompt?.model ?? "")
  const [parameters, setParameters] = useState(prompt?.parameters ?? {})
  const [isShared, setShared] = useState(prompt?.isShared ?? false)
  const { busy, fault, refuse, save } = useSaving()
  const isNameless = name.trim() === ""
  const isEmpty = text.trim() === ""
  const keep = async (): Promise<void> => {
    if (isNameless) return refuse(t("form.nameNeeded"))
    if (isEmpty) return refuse(t("form.textNeeded"))
    const isDone = await save(() =>
      keepPrompt(prompt?.id, {
        kind,
        name: name.trim(),
        text,
        isShared,
        ...(kind === "preset" ? { model: model || null, parameters } : {})
      })
    )
    if (isDone) onClose()
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
        <input
          className="input"
          dir="auto"
          value={name}
          maxLength={128}
          aria-invalid={fault !== undefined && isNameless}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{t(kind === "prompt" ? "settings.promptText" : "parameters.system")}</span>
        <textarea
          className="input"
          dir="auto"
          rows={5}
          value={text}
          maxLength={100_000}
          aria-invalid={fault !== undefined && !isNameless && isEmpty}
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
      <FormFault text={fault} />
      <div className="dialog-actions">
        <button type="button" className="button" data-kind="quiet" onClick={onClose}>
          {t("action.cancel")}
        </button>
        <button type="submit" className="button" data-kind="primary" disabled={busy}>
          {t("action.save")}
        </button>
      </div>
    </form>
  )
}
