import { useLayoutEffect, useRef, useState } from "react"
import { SavingForm } from "../../app/SavingForm.tsx"
import { useSaving } from "../../app/useSaving.ts"
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
  const models = useModels()
  const [name, setName] = useState(prompt?.name ?? "")
  const [text, setText] = useState(prompt?.text ?? "")
  const [model, setModel] = useState(prompt?.model ?? "")
  const [parameters, setParameters] = useState(prompt?.parameters ?? {})
  const [isShared, setShared] = useState(prompt?.isShared ?? false)
  const saving = useSaving()
  const first = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => first.current?.focus(), [])
  const keep = async (): Promise<void> => {
    if (name.trim() === "") return saving.refuse("name", t("form.nameNeeded"))
    if (text.trim() === "") return saving.refuse("text", t("form.textNeeded"))
    const isDone = await saving.save(() =>
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
    <SavingForm saving={saving} onSave={keep} saveLabel={t("action.save")} other={{ label: t("action.cancel"), run: onClose }}>
      <label className="field">
        <span>{t("settings.promptName")}</span>
        <input
          ref={first}
          className="input"
          dir="auto"
          value={name}
          maxLength={128}
          aria-invalid={saving.refused === "name"}
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
          aria-invalid={saving.refused === "text"}
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
    </SavingForm>
  )
}
