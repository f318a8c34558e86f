import { useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { useSaving } from "../../app/useSaving.ts"
import type { Folder, ListedConversation } from "../../client/sdk.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { FormFault } from "../../design/FormFault.tsx"
import { useText } from "../../i18n/useText.ts"

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
  const { busy, fault, refuse, save } = useSaving()
  const isNameless = name.trim() === ""
  const keep = async (): Promise<void> => {
    if (isNameless) return refuse(t("form.nameNeeded"))
    const isDone = await save(async () => {
      if (folder !== undefined) return lists.folders.rename(folder.id, name.trim())
      const made = await lists.folders.create(name.trim())
      if (conversationId !== undefined) void lists.mark(conversationId, { folderId: made.id })
    })
    if (isDone) onClose()
  }
  return (
    <Dialog title={folder === undefined ? t("list.newFolder") : t("action.rename")} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          void keep()
        }}
      >
        <label className="field">
          <span>{t("list.folderName")}</span>
          <input
            className="input"
            dir="auto"
            value={name}
            maxLength={128}
            aria-invalid={fault !== undefined && isNameless}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <FormFault text={fault} />
        <div className="dialog-actions">
          <button type="button" className="button" data-kind="quiet" onClick={onClose}>
            {t("action.cancel")}
          </button>
          <button type="submit" className="button" data-kind="primary" disabled={busy}>
            {folder === undefined ? t("action.create") : t("action.save")}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
