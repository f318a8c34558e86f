/** What opens: menus, popovers and tooltips, on Base UI. A part of its own, which `popups.tsx` fetches. */
import { Menu } from "@base-ui/react/menu"
import { Popover } from "@base-ui/react/popover"
import { Tooltip } from "@base-ui/react/tooltip"
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from "react"
import { Keys } from "./Keys.tsx"
import type { MenuButtonProps, MenuItemProps, MenuLinkProps, PopoverButtonProps } from "./popups.tsx"
import { useBack } from "./useBack.ts"
import { watchTips, type Tip } from "./watchTips.ts"

/** What stands in the page makes it wider where the window gets narrower, as when a phone is turned; a phone then shows all of it smaller, and it stays so. */
const positionMethod = "fixed"

export const OpenMenu = ({ align = "start", button, children, side = "bottom" }: MenuButtonProps) => {
  const [open, setOpen, place] = useOpened()
  return (
    <Menu.Root open={open} onOpenChange={setOpen}>
      <Menu.Trigger ref={place} render={button} />
      <MenuPopup align={align} side={side}>
        {children}
      </MenuPopup>
    </Menu.Root>
  )
}

export const MenuItem = ({ danger = false, disabled = false, icon: Icon, keys, label, onSelect }: MenuItemProps) => (
  <Menu.Item className="menu-item" onClick={onSelect} disabled={disabled} data-danger={danger || undefined}>
    <Icon aria-hidden />
    {label}
    {keys === undefined ? null : <Keys of={keys} />}
  </Menu.Item>
)

export const MenuLink = ({ href, icon: Icon, label }: MenuLinkProps) => (
  <Menu.Item className="menu-item" render={<a href={href} download aria-label={label} />}>
    <Icon aria-hidden />
    {label}
  </Menu.Item>
)

export const MenuSeparator = () => <Menu.Separator className="menu-separator" />

export const SubMenu = ({ children, label }: { readonly label: ReactNode; readonly children: ReactNode }) => (
  <Menu.SubmenuRoot>
    <Menu.SubmenuTrigger className="menu-item">{label}</Menu.SubmenuTrigger>
    <MenuPopup align="start" side="bottom">
      {children}
    </MenuPopup>
  </Menu.SubmenuRoot>
)

const MenuPopup = ({ align, children, side }: Required<Omit<MenuButtonProps, "button">>) => (
  <Menu.Portal>
    <Menu.Positioner positionMethod={positionMethod} sideOffset={6} align={align} side={side} className="layer-menu">
      <Menu.Popup className="menu">{children}</Menu.Popup>
    </Menu.Positioner>
  </Menu.Portal>
)

export const OpenPopover = ({ align = "start", button, children, className, label, side = "bottom" }: PopoverButtonProps) => {
  const [open, setOpen, place] = useOpened()
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger ref={place} render={button} />
      <Popover.Portal>
        <Popover.Positioner positionMethod={positionMethod} sideOffset={8} side={side} align={align} className="layer-menu">
          <Popover.Popup className={`menu ${className}`} aria-label={label}>
            {children(() => setOpen(false))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** It was asked for before it was there. The focus, which was on the button that it takes the place of, is where it opens from. */
const useOpened = () => {
  const place = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  useBack(open, () => setOpen(false))
  useLayoutEffect(() => {
    place.current?.focus({ preventScroll: true })
    setOpen(true)
  }, [])
  return [open, setOpen, place] as const
}

/** One for all buttons that have one: `IconButton` says what and where. */
export const Tooltips = (): ReactElement => {
  const [tip, setTip] = useState<Tip>()
  const [open, setOpen] = useState(false)
  useEffect(
    () =>
      watchTips((next) => {
        setOpen(next !== undefined)
        // The last one is there until it has faded.
        if (next !== undefined) setTip(next)
      }),
    []
  )
  return (
    <Tooltip.Root open={open} onOpenChange={setOpen}>
      <Tooltip.Portal>
        <Tooltip.Positioner anchor={tip?.anchor} sideOffset={6} side={tip?.side ?? "top"}>
          <Tooltip.Popup className="tooltip">
            {tip?.label}
            {tip?.keys === undefined ? null : <Keys of={tip.keys} />}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
