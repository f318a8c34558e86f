import { PanelLeftOpen, SquarePen } from "lucide-react"
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react"
import { IconButton } from "../design/IconButton.tsx"
import { useText } from "../i18n/useText.ts"
import { Sidebar } from "../features/conversations/Sidebar.tsx"
import { useApp } from "./AppContext.ts"
import { ConnectionNote } from "./ConnectionNote.tsx"
import { useShortcuts } from "./useShortcuts.ts"
import "./shell.css"

interface ShellProps {
  readonly activeId: string | undefined
  /** Beside the sidebar's button, in the upper bar. */
  readonly bar: ReactNode
  readonly children: ReactNode
}

const sidebarKey = "parley.sidebar"
/** From this width on the sidebar stands beside the conversation; below it lies over it. */
const wide = matchMedia("(min-width: 52.5rem)")

export const Shell = ({ activeId, bar, children }: ShellProps) => {
  const t = useText()
  const { startNew } = useApp()
  const [open, setOpen] = useState(() => wide.matches && wasOpen())
  const opener = useRef<HTMLDivElement>(null)
  const show = useCallback((next: boolean) => {
    setOpen(next)
    if (wide.matches) keepOpen(next)
  }, [])
  const toggle = useCallback(() => show(!open), [open, show])
  useShortcuts({ toggleSidebar: toggle })

  // Another conversation was chosen: the drawer of a small screen has done its work.
  useEffect(() => {
    if (!wide.matches) setOpen(false)
  }, [activeId])
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
          <div ref={opener} className="bar-start" hidden={open}>
            <IconButton label={t("side.open")} keys="Mod+Shift+S" side="bottom" onClick={() => show(true)}>
              <PanelLeftOpen aria-hidden className="flips" />
            </IconButton>
            <IconButton label={t("list.new")} keys="Mod+Shift+O" side="bottom" onClick={startNew}>
              <SquarePen aria-hidden />
            </IconButton>
          </div>
          {bar}
        </header>
        <ConnectionNote />
        {children}
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
