import { Menu } from "@base-ui/react/menu"
import type { LucideIcon } from "lucide-react"
import type { ReactNode } from "react"
import { Keys } from "./Keys.tsx"

interface MenuPopupProps {
  readonly children: ReactNode
  readonly align?: "start" | "end"
  readonly side?: "top" | "bottom"
}

/** What opens from a `Menu.Trigger`. */
export const MenuPopup = ({ align = "start", children, side = "bottom" }: MenuPopupProps) => (
  <Menu.Portal>
    <Menu.Positioner sideOffset={6} align={align} side={side} className="layer-menu">
      <Menu.Popup className="menu">{children}</Menu.Popup>
    </Menu.Positioner>
  </Menu.Portal>
)

interface MenuItemProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly onSelect: () => void
  readonly keys?: string
  readonly danger?: boolean
  readonly disabled?: boolean
}

export const MenuItem = ({ danger = false, disabled = false, icon: Icon, keys, label, onSelect }: MenuItemProps) => (
  <Menu.Item className="menu-item" onClick={onSelect} disabled={disabled} data-danger={danger || undefined}>
    <Icon aria-hidden />
    {label}
    {keys === undefined ? null : <Keys of={keys} />}
  </Menu.Item>
)
