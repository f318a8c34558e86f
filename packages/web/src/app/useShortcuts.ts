/** The keyboard from anywhere. `shortcutsFor` is what the sheet shows. */
import { useEffect } from "react"
import type { TextName } from "../i18n/texts.ts"
import { searchId } from "../features/conversations/Sidebar.tsx"
import { useApp } from "./AppContext.ts"

const shortcutList = [
  ["shortcuts.palette", "Mod+K"],
  ["shortcuts.new", "Mod+Shift+O"],
  ["shortcuts.search", "Mod+Shift+F"],
  ["shortcuts.sidebar", "Mod+Shift+S"],
  ["shortcuts.focus", "Shift+Escape"],
  ["shortcuts.stop", "Escape"],
  ["shortcuts.copyLast", "Mod+Shift+C"],
  ["shortcuts.editLast", "ArrowUp"],
  ["shortcuts.help", "?"]
] as const satisfies ReadonlyArray<readonly [TextName, string]>

/** Without what a guest may not do. */
export const shortcutsFor = (isGuest: boolean): ReadonlyArray<(typeof shortcutList)[number]> =>
  shortcutList.filter(([name]) => !isGuest || name !== "shortcuts.new")

/** Told to whoever shows the conversation, by `parley:` events on the window. */
export type ConversationCommand = "copy-last" | "stop"
export const commandEvent = "parley:command"
/** Its `detail` is a text for the message box. */
export const insertEvent = "parley:insert"

export const tell = (command: ConversationCommand) => dispatchEvent(new CustomEvent(commandEvent, { detail: command }))

interface Sides {
  readonly toggleSidebar: () => void
  /** Opens it, so that the focus can go there at once. */
  readonly openSidebar: () => void
  /** Where it lies over the conversation. */
  readonly closeDrawer: (() => void) | undefined
}

export const useShortcuts = ({ closeDrawer, openSidebar, toggleSidebar }: Sides): void => {
  const { isGuest, open, startNew } = useApp()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return
      const key = event.key.toLowerCase()
      const mod = event.ctrlKey || event.metaKey
      const run = actionOf(key, mod, event.shiftKey, isTyping(event.target))
      if (run === undefined || (run === "new" && isGuest)) return
      if (run !== "stop") event.preventDefault()
      switch (run) {
        case "palette":
          return open({ dialog: "palette" })
        case "help":
          return open({ dialog: "shortcuts" })
        case "new":
          return startNew()
        case "sidebar":
          return toggleSidebar()
        case "search":
          // Nothing of a closed one takes the focus.
          openSidebar()
          return document.getElementById(searchId)?.focus()
        case "focus":
          return document.getElementById("composer")?.focus()
        case "stop":
          // Nothing reaches the answer below; pressed nowhere in particular it closes what lies over it.
          if (closeDrawer === undefined) return tell(run)
          event.preventDefault()
          return closeDrawer()
        default:
          tell(run)
      }
    }
    addEventListener("keydown", onKeyDown)
    return () => removeEventListener("keydown", onKeyDown)
  }, [closeDrawer, isGuest, open, openSidebar, startNew, toggleSidebar])
}

type Action = ConversationCommand | "palette" | "help" | "new" | "sidebar" | "search" | "focus"

const actionOf = (key: string, mod: boolean, shift: boolean, typing: boolean): Action | undefined => {
  if (mod && !shift && key === "k") return "palette"
  if (mod && shift) return withModAndShift.get(key)
  if (mod) return undefined
  if (key === "escape") return shift ? "focus" : "stop"
  return key === "?" && !typing ? "help" : undefined
}

const withModAndShift: ReadonlyMap<string, Action> = new Map([
  ["o", "new"],
  ["s", "sidebar"],
  ["f", "search"],
  ["c", "copy-last"]
] as const)

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
