import { useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { SavingForm } from "../../app/SavingForm.tsx"
import { useSaving } from "../../app/useSaving.ts"
import type { Folder, ListedConversation } from "../../client/sdk.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { useText } from "../../i18n/useText.ts"
import { focusNextRow, rowOf } from "./useRowFocus.ts"

interface FolderDialogProps {
  readonly onClose: () => void
  /** The one to be renamed; a new one when absent. */
  readonly folder?: Folder | undefined
  /** What goes into the new one. */
  readonly conversationId?: ListedConversation["id"] | undefined
}

export const FolderDialog = ({ conversationId, folder, onClose }: FolderDialogProps) => {
  const t = useText()
  const { lists } = useApp()
  const [name, setName] = useState(folder?.name ?? "")
  const saving = useSaving()
  const keep = async (): Promise<void> => {
    if (name.trim() === "") return saving.refuse("name", t("form.nameNeeded"))
    const isDone = await saving.save(async () => {
      if (folder !== undefined) return lists.folders.rename(folder.id, name.trim())
      const made = await lists.folders.create(name.trim())
      if (conversationId === undefined) return
      focusNextRow(conversationId)
      void lists.mark(conversationId, { folderId: made.id })
    })
    if (isDone) onClose()
  }
  return (
    <Dialog
      title={folder === undefined ? t("list.newFolder") : t("action.rename")}
      onClose={onClose}
      returnTo={conversationId === undefined ? undefined : () => rowOf(conversationId)}
    >
      <SavingForm
        saving={saving}
        onSave={keep}
        saveLabel={folder === undefined ? t("action.create") : t("action.save")}
        other={{ label: t("action.cancel"), run: onClose }}
      >
        <label className="field">
          <span>{t("list.folderName")}</span>
          <input
            className="input"
            dir="auto"
            value={name}
            maxLength={128}
            aria-invalid={saving.refused === "name"}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
      </SavingForm>
    </Dialog>
  )
}
