import { Ellipsis, Pencil, Trash2 } from "lucide-react"
import { useApp } from "../../app/AppContext.ts"
import type { Folder } from "../../client/sdk.ts"
import { MenuButton, MenuItem } from "../../design/popups.tsx"
import { notify } from "../../design/notify.ts"
import { useText } from "../../i18n/useText.ts"

export const FolderMenu = ({ folder }: { readonly folder: Folder }) => {
  const t = useText()
  const { lists, open, report } = useApp()
  const remove = async (): Promise<void> => {
    try {
      await lists.folders.remove(folder.id)
      notify(t("list.folderRemoved", { name: folder.name }))
    } catch (error) {
      report(error)
    }
  }
  return (
    <MenuButton
      button={
        <button className="icon-button list-menu" data-size="small" aria-label={t("list.folderMenu", { name: folder.name })}>
          <Ellipsis aria-hidden />
        </button>
      }
    >
      <MenuItem icon={Pencil} label={t("action.rename")} onSelect={() => open({ dialog: "rename-folder", folder })} />
      <MenuItem icon={Trash2} label={t("action.delete")} danger onSelect={() => void remove()} />
    </MenuButton>
  )
}
