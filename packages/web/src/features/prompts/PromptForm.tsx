import { useLayoutEffect, useRef, useState } from "react"
import { SavingForm } from "../../app/SavingForm.tsx"
import { useSaving } from "../../app/useSaving.ts"
import { keepPrompt } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { ParameterFields } from "../models/ParameterFields.tsx"
import { useModels } from "../models/useModels.ts"
import { LeftForms } from "./LeftForms.ts"

/** By kind and prompt. A text is up to 200 KB. */
const leftForms = new LeftForms<Typed>(20)

type Typed = Pick<Prompt, "name" | "text" | "model" | "parameters" | "isShared">

const nothing: Typed = { name: "", text: "", model: null, parameters: {}, isShared: false }

interface PromptFormProps {
  readonly kind: Prompt["kind"]
  /** A new one when undefined. */
  readonly prompt: Prompt | undefined
  readonly onClose: () => void
}

export const PromptForm = ({ kind, onClose, prompt }: PromptFormProps) => {
  const t = useText()
  const models = useModels()
  const key = `${kind} ${prompt?.id ?? "new"}`
  const [typed, setTyped] = useState<Typed>(() => leftForms.get(key) ?? prompt ?? nothing)
  const { isShared, model, name, parameters, text } = typed
  const saving = useSaving()
  /** Undefined once it was given up. */
  const own = useRef<Typed | undefined>(typed)
  const set = (change: Partial<Typed>): void => {
    const next = { ...typed, ...change }
    own.current = next
    // On its way to the server it is left only once that fails: what was saved is not to be saved again.
    if (!saving.busy) leftForms.leave(key, next)
    setTyped(next)
  }
  const first = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => first.current?.focus(), [])
  const keep = async (): Promise<void> => {
    if (name.trim() === "") return saving.refuse("name", t("form.nameNeeded"))
    if (text.trim() === "") return saving.refuse("text", t("form.textNeeded"))
    const isDone = await saving.save(async () => {
      leftForms.forget(key, typed)
      try {
        await keepPrompt(prompt?.id, {
          kind,
          name: name.trim(),
          text,
          isShared,
          ...(kind === "preset" ? { model, parameters } : {})
        })
      } catch (error) {
        // One of its kind that was opened after it may have begun another one.
        if (own.current !== undefined && leftForms.get(key) === undefined) leftForms.leave(key, own.current)
        throw error
      }
    })
    if (isDone) onClose()
  }
  const giveUp = (): void => {
    leftForms.forget(key, typed)
    own.current = undefined
    onClose()
  }
  return (
    <SavingForm saving={saving} onSave={keep} saveLabel={t("action.save")} other={{ label: t("action.cancel"), run: giveUp }}>
      <label className="field">
        <span>{t("settings.promptName")}</span>
        <input
          ref={first}
          className="input"
          dir="auto"
          value={name}
          maxLength={128}
          aria-invalid={saving.refused === "name"}
          onChange={(event) => set({ name: event.target.value })}
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
          onChange={(event) => set({ text: event.target.value })}
        />
      </label>
      {kind === "prompt" ? null : (
        <>
          <label className="field">
            <span>{t("models.label")}</span>
            <select className="input" value={model ?? ""} onChange={(event) => set({ model: event.target.value || null })}>
              <option value="">{t("models.default")}</option>
              {models.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          <ParameterFields value={parameters} onChange={(tuned) => set({ parameters: tuned })} />
        </>
      )}
      <label className="check">
        <input type="checkbox" checked={isShared} onChange={(event) => set({ isShared: event.target.checked })} />
        {t("settings.shared")}
      </label>
    </SavingForm>
  )
}
