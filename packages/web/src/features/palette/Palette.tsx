import { Dialog } from "@base-ui/react/dialog"
import { Command, useCommandState } from "cmdk"
import { Keyboard, MessageSquare, Moon, Settings, SquarePen, Sun } from "lucide-react"
import { useLocation } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { allOf } from "../../client/ListState.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { Keys } from "../../design/Keys.tsx"
import { theme } from "../../design/theme.ts"
import { useIsDark } from "../../design/useIsDark.ts"
import { useText } from "../../i18n/useText.ts"
import "./palette.css"

/** Conversations offered at once. */
const maxConversations = 50

export const Palette = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText()
  const { lists, open, startNew } = useApp()
  const state = useSnapshot(lists.state)
  const items = allOf(state)
  const { leaving } = state
  const [, navigate] = useLocation()
  const dark = useIsDark()
  const doing = (run: () => void) => () => {
    onClose()
    run()
  }
  return (
    <Dialog.Root defaultOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog palette" aria-label={t("palette.label")}>
          <Command label={t("palette.label")} loop>
            <Command.Input placeholder={t("palette.placeholder")} />
            <Command.List label={t("palette.label")}>
              <Command.Group heading={t("palette.commands")}>
                <Command.Item className="menu-item" onSelect={doing(startNew)}>
                  <SquarePen aria-hidden />
                  {t("list.new")}
                  <Keys of="Mod+Shift+O" />
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(() => theme.choose(dark ? "light" : "dark"))}>
                  {dark ? <Sun aria-hidden /> : <Moon aria-hidden />}
                  {t("settings.theme")}: {t(dark ? "settings.theme.light" : "settings.theme.dark")}
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "settings" }))}>
                  <Settings aria-hidden />
                  {t("settings.title")}
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "shortcuts" }))}>
                  <Keyboard aria-hidden />
                  {t("shortcuts.title")}
                  <Keys of="?" />
                </Command.Item>
              </Command.Group>
              <Command.Group heading={t("palette.conversations")}>
                {items
                  .filter(({ id }) => !leaving.has(id))
                  .slice(0, maxConversations)
                  .map(({ id, title }) => (
                    <Command.Item
                      key={id}
                      value={`${title} ${id}`}
                      className="menu-item"
                      onSelect={doing(() => navigate(`/c/${id}`))}
                    >
                      <MessageSquare aria-hidden />
                      <span className="list-title" dir="auto">
                        {title === "" ? t("list.untitled") : title}
                      </span>
                    </Command.Item>
                  ))}
              </Command.Group>
            </Command.List>
            <NothingFound />
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** Beside the list, which may hold options only; and told, as the focus stays in the field. */
const NothingFound = () => {
  const t = useText()
  const found = useCommandState(({ filtered }) => filtered.count)
  return (
    <div role="status" className="palette-none">
      {found === 0 ? t("palette.none") : null}
    </div>
  )
}
