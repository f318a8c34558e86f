import { PanelLeftOpen, SquarePen } from "lucide-react"
import { useCallback, useEffect, useState, type ReactNode } from "react"
import { IconButton } from "../design/IconButton.tsx"
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
  const { startNew } = useApp()
  const [open, setOpen] = useState(() => wide.matches && wasOpen())
  const [slot, setSlot] = useState<HTMLElement | null>(null)
  const show = useCallback((next: boolean) => {
    setOpen(next)
    if (wide.matches) keepOpen(next)
  }, [])
  const toggle = useCallback(() => show(!open), [open, show])
  useShortcuts({ toggleSidebar: toggle })

  // Another conversation was chosen, or a message: the drawer of a small screen has done its work.
  const target = useTarget()
  useEffect(() => {
    if (!wide.matches) setOpen(false)
  }, [activeId, target])
  useEffect(() => {
    const change = () => setOpen(wide.matches && wasOpen())
    wide.addEventListener("change", change)
    return () => wide.removeEventListener("change", change)
  }, [])

  return (
    <div className="shell" data-sidebar={open}>
      <a className="skip" href="#composer">
        {t("app.skip")}
      </a>
      <aside className="shell-side" inert={!open}>
        <Sidebar activeId={activeId} onClose={() => show(false)} />
      </aside>
      {/* Only to touch or click; the keyboard has Escape and the button. */}
      <div className="shell-scrim" aria-hidden onClick={() => show(false)} />
      <main
        className="shell-main"
        onKeyDown={(event) => {
          if (event.key === "Escape" && open && !wide.matches) show(false)
        }}
      >
        <header className="bar">
          <div className="bar-start" hidden={open}>
            <IconButton label={t("side.open")} keys="Mod+Shift+S" side="bottom" onClick={() => show(true)}>
              <PanelLeftOpen aria-hidden className="flips" />
            </IconButton>
            <IconButton label={t("list.new")} keys="Mod+Shift+O" side="bottom" onClick={startNew}>
              <SquarePen aria-hidden />
            </IconButton>
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
