import { useApp } from "../../app/AppContext.ts"
import { shortcutsFor } from "../../app/useShortcuts.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { Keys } from "../../design/Keys.tsx"
import { useText } from "../../i18n/useText.ts"

export const ShortcutsDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText()
  const { isGuest } = useApp()
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose}>
      <dl className="shortcut-list">
        {shortcutsFor(isGuest).map(([name, keys]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd>
              <Keys of={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
