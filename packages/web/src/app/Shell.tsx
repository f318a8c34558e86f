import { PanelLeftOpen, SquarePen } from "lucide-react"
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react"
import { flushSync } from "react-dom"
import { IconButton } from "../design/IconButton.tsx"
import { useBack } from "../design/useBack.ts"
import { useText } from "../i18n/useText.ts"
import { Sidebar } from "../features/conversations/Sidebar.tsx"
import { useApp } from "./AppContext.ts"
import { BarProvider } from "./Bar.tsx"
import { ConnectionNote } from "./ConnectionNote.tsx"
import { useShortcuts } from "./useShortcuts.ts"
import { useTarget } from "./useTarget.ts"
import "./shell.css"

interface ShellProps {
  readonly activeId: string | undefined
  readonly children: ReactNode
}

const sidebarKey = "parley.sidebar"
/** From this width on the sidebar stands beside the conversation; below it lies over it. */
const wide = matchMedia("(min-width: 52.5rem)")

export const Shell = ({ activeId, children }: ShellProps) => {
  const t = useText()
  const { isGuest, startNew } = useApp()
  const [open, setOpen] = useState(() => wide.matches && wasOpen())
  const [slot, setSlot] = useState<HTMLElement | null>(null)
  const show = useCallback((next: boolean) => {
    setOpen(next)
    if (wide.matches) keepOpen(next)
  }, [])
  // A drawer lies over the conversation, which nothing reaches then: the focus goes into it, and back to the button that opens it. Of a sidebar that
  // stands beside it only what had the focus there gives it away.
  const [isWide, setIsWide] = useState(wide.matches)
  const isDrawer = open && !isWide
  const side = useRef<HTMLElement>(null)
  const opener = useRef<HTMLDivElement>(null)
  const had = useRef({ isDrawer, open })
  // Before the browser takes it from what is out of reach now.
  useLayoutEffect(() => {
    const before = had.current
    had.current = { isDrawer, open }
    if (before.open === open) return
    const { activeElement } = document
    const isNowhere = activeElement === null || activeElement === document.body
    const left = open ? opener.current : side.current
    const isLost = left?.contains(activeElement) === true || (before.isDrawer && isNowhere)
    if (isDrawer || isLost) (open ? side : opener).current?.querySelector("button")?.focus()
  }, [isDrawer, open])
  const close = useCallback(() => show(false), [show])
  useBack(isDrawer, close)
  const toggle = useCallback(() => show(!open), [open, show])
  const openNow = useCallback(() => flushSync(() => show(true)), [show])
  useShortcuts({ toggleSidebar: toggle, openSidebar: openNow, closeDrawer: isDrawer ? close : undefined })

  // Another conversation was chosen, or a message: the drawer of a small screen has done its work.
  const target = useTarget()
  useEffect(() => {
    if (!wide.matches) setOpen(false)
  }, [activeId, target])
  useEffect(() => {
    // Both at once: what is open would be taken for a drawer else, and take the focus.
    const change = () => {
      setIsWide(wide.matches)
      setOpen(wide.matches && wasOpen())
    }
    wide.addEventListener("change", change)
    return () => wide.removeEventListener("change", change)
  }, [])

  return (
    <div className="shell" data-sidebar={open}>
      <a className="skip" href="#composer" inert={isDrawer}>
        {t("app.skip")}
      </a>
      <aside
        className="shell-side"
        inert={!open}
        ref={side}
        onKeyDown={(event) => {
          // Of a menu or a dialog, and of a field, it ends what is done there.
          const isOfDrawer = event.target instanceof HTMLElement && event.currentTarget.contains(event.target)
          if (event.key !== "Escape" || !isDrawer || !isOfDrawer || event.target instanceof HTMLInputElement) return
          // It is taken before the name that is told of the focused button takes it, and the drawer would need a second one. What nobody takes,
          // that of an empty search too, closes it among the shortcuts.
          event.preventDefault()
          close()
        }}
      >
        <Sidebar activeId={activeId} onClose={close} />
      </aside>
      {/* Only to touch or click; the keyboard has Escape and the button. */}
      <div className="shell-scrim" aria-hidden onClick={close} />
      <main className="shell-main" inert={isDrawer}>
        <header className="bar">
          <div className="bar-start" hidden={open} ref={opener}>
            <IconButton label={t("side.open")} keys="Mod+Shift+S" side="bottom" onClick={() => show(true)}>
              <PanelLeftOpen aria-hidden className="flips" />
            </IconButton>
            {isGuest ? null : (
              <IconButton label={t("list.new")} keys="Mod+Shift+O" side="bottom" onClick={startNew}>
                <SquarePen aria-hidden />
              </IconButton>
            )}
          </div>
          <div className="bar-slot" ref={setSlot} />
        </header>
        <ConnectionNote />
        <BarProvider value={slot}>{children}</BarProvider>
      </main>
    </div>
  )
}

const wasOpen = (): boolean => {
  try {
    return localStorage.getItem(sidebarKey) !== "closed"
  } catch {
    return true
  }
}

const keepOpen = (open: boolean): void => {
  try {
    localStorage.setItem(sidebarKey, open ? "open" : "closed")
  } catch {
    // Storage is refused: it is open next time.
  }
}
