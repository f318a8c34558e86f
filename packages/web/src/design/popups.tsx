/**
 * Buttons from which something opens. What opens is a part of its own, fetched once the page stands: it is a fourth of the app, and a button
 * that was never pressed is only a button.
 */
import type { LucideIcon } from "lucide-react"
import { cloneElement, useEffect, useState, type ButtonHTMLAttributes, type ReactElement, type ReactNode } from "react"
import { whenIdle } from "../client/whenIdle.ts"
import type * as PopupParts from "./popupParts.tsx"
import { tellMissingPart } from "./tellMissingPart.ts"

type Button = ReactElement<ButtonHTMLAttributes<HTMLButtonElement>>

export interface MenuButtonProps {
  readonly button: Button
  readonly align?: "start" | "end"
  readonly side?: "top" | "bottom"
  readonly children: ReactNode
}

export interface MenuItemProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly onSelect: () => void
  readonly keys?: string
  readonly danger?: boolean
  readonly disabled?: boolean
}

/** What the browser saves: the server names the file. */
export interface MenuLinkProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly href: string
}

export interface PopoverButtonProps {
  readonly button: Button
  readonly align?: "start" | "end"
  readonly side?: "top" | "bottom"
  readonly className: string
  readonly label: string
  readonly children: (close: () => void) => ReactNode
}

let parts: typeof PopupParts | undefined

const load = async (): Promise<typeof PopupParts> => (parts ??= await import("./popupParts.tsx"))

export const MenuButton = (props: MenuButtonProps) => {
  const [opened, closed] = useAsked(props.button, "menu")
  return opened === undefined ? closed : <opened.OpenMenu {...props} />
}

/** Within a `MenuButton`. */
export const MenuItem = (props: MenuItemProps) => (parts === undefined ? null : <parts.MenuItem {...props} />)
export const MenuLink = (props: MenuLinkProps) => (parts === undefined ? null : <parts.MenuLink {...props} />)
export const MenuSeparator = () => (parts === undefined ? null : <parts.MenuSeparator />)
export const SubMenu = (props: { readonly label: ReactNode; readonly children: ReactNode }) =>
  parts === undefined ? null : <parts.SubMenu {...props} />

export const PopoverButton = (props: PopoverButtonProps) => {
  const [opened, closed] = useAsked(props.button, "dialog")
  return opened === undefined ? closed : <opened.OpenPopover {...props} />
}

/** The names of buttons, for those who see them. Here too what opens is fetched when the page stands. */
export const Tooltips = () => {
  const [loaded, setLoaded] = useState<typeof PopupParts>()
  useEffect(() => whenIdle(() => void load().then(setLoaded, () => {})), [])
  return loaded === undefined ? null : <loaded.Tooltips />
}

/** Undefined until it was pressed; until then the button as it is. */
const useAsked = (button: Button, popup: "menu" | "dialog"): readonly [typeof PopupParts | undefined, Button] => {
  const [opened, setOpened] = useState<typeof PopupParts>()
  const ask = () => {
    load().then(setOpened, tellMissingPart)
  }
  const closed = cloneElement(button, {
    type: "button",
    "aria-haspopup": popup,
    "aria-expanded": false,
    onClick: ask,
    onKeyDown: (event) => {
      if (popup !== "menu" || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return
      event.preventDefault()
      ask()
    }
  })
  return [opened, closed]
}
