import { Pencil, Plus, Trash2 } from "lucide-react"
import { useLayoutEffect, useRef, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { keepPrompt, removePrompt, usePrompts } from "../../client/prompts.ts"
import type { Prompt } from "../../client/sdk.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { notify } from "../../design/notify.ts"
import { contained } from "../../i18n/bidi.ts"
import { Plain } from "../../i18n/Plain.tsx"
import { useText } from "../../i18n/useText.ts"
import { PromptForm } from "./PromptForm.tsx"

interface PromptListProps {
  readonly kind: Prompt["kind"]
}

/** One's prompts or presets, with those that others of the tenant share. */
export const PromptList = ({ kind }: PromptListProps) => {
  const t = useText()
  const { me, report } = useApp()
  const prompts = usePrompts().filter((prompt) => prompt.kind === kind)
  const [editing, setEditing] = useState<Prompt | "new">()
  const isEditing = editing !== undefined
  const wasEditing = useRef(false)
  const add = useRef<HTMLButtonElement>(null)
  // The form took the place of what opened it, and goes with the focus.
  useLayoutEffect(() => {
    if (wasEditing.current && !isEditing) add.current?.focus()
    wasEditing.current = isEditing
  }, [isEditing])
  const remove = async (prompt: Prompt): Promise<void> => {
    const { isShared, model, name, parameters, text } = prompt
    try {
      await removePrompt(prompt)
      const undo = () => void keepPrompt(undefined, { kind, name, text, model, parameters, isShared }).catch(report)
      notify(t(kind === "prompt" ? "settings.promptDeleted" : "settings.presetDeleted", { name }), {
        action: { label: t("action.undo"), run: undo }
      })
    } catch (error) {
      report(error)
    }
  }
  if (editing !== undefined) {
    return <PromptForm kind={kind} prompt={editing === "new" ? undefined : editing} onClose={() => setEditing(undefined)} />
  }
  return (
    <div className="form">
      <p className="dialog-note">{t(kind === "prompt" ? "settings.promptsHint" : "settings.presetsHint")}</p>
      {prompts.length === 0 ? <p className="list-none">{t("settings.nothing")}</p> : null}
      <ul className="entries">
        {prompts.map((prompt) => (
          <li key={prompt.id}>
            <span className="entry-text" dir="auto">
              <strong>{contained(prompt.name)}</strong>
              <small>
                <Plain text={prompt.text} />
              </small>
            </span>
            {prompt.ownerId === me.principal.id ? (
              <>
                <IconButton size="small" label={t("action.edit")} onClick={() => setEditing(prompt)}>
                  <Pencil aria-hidden />
                </IconButton>
                <IconButton size="small" label={t("action.delete")} onClick={() => void remove(prompt)}>
                  <Trash2 aria-hidden />
                </IconButton>
              </>
            ) : (
              <small className="entry-owner" dir="auto">
                {contained(prompt.ownerName)}
              </small>
            )}
          </li>
        ))}
      </ul>
      <div>
        <button ref={add} type="button" className="button" onClick={() => setEditing("new")}>
          <Plus aria-hidden />
          {t(kind === "prompt" ? "settings.promptNew" : "settings.presetNew")}
        </button>
      </div>
    </div>
  )
}
