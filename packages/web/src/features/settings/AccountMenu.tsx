import { ChevronsUpDown, Command, Keyboard, LogOut, Settings } from "lucide-react"
import { useApp } from "../../app/AppContext.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { MenuButton, MenuItem, MenuSeparator } from "../../design/popups.tsx"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import "./settings.css"

export const AccountMenu = () => {
  const t = useText()
  const { me, open, signOut } = useApp()
  return (
    <MenuButton
      side="top"
      button={
        <button className="account">
          <Avatar of="person" name={me.principal.displayName} />
          <span className="account-names">
            <span dir="auto">{contained(me.principal.displayName)}</span>
            <small dir="auto">{contained(me.tenant.name)}</small>
          </span>
          <span className="visually-hidden">{t("side.account")}</span>
          <ChevronsUpDown aria-hidden />
        </button>
      }
    >
      <MenuItem icon={Settings} label={t("settings.title")} onSelect={() => open({ dialog: "settings" })} />
      <MenuItem icon={Command} label={t("palette.label")} keys="Mod+K" onSelect={() => open({ dialog: "palette" })} />
      <MenuItem icon={Keyboard} label={t("shortcuts.title")} keys="?" onSelect={() => open({ dialog: "shortcuts" })} />
      <MenuSeparator />
      <MenuItem icon={LogOut} label={t("signIn.out")} onSelect={signOut} />
    </MenuButton>
  )
}
