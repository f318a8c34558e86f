import { PanelLeftClose, Search, SquarePen, X } from "lucide-react"
import { useDeferredValue, useRef, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { Logo } from "../../design/Logo.tsx"
import { useText } from "../../i18n/useText.ts"
import { AccountMenu } from "../settings/AccountMenu.tsx"
import { ConversationList } from "./ConversationList.tsx"
import { SearchResults } from "./SearchResults.tsx"
import "./sidebar.css"

interface SidebarProps {
  readonly activeId: string | undefined
  readonly onClose: () => void
}

export const searchId = "search"

export const Sidebar = ({ activeId, onClose }: SidebarProps) => {
  const t = useText()
  const { isGuest, startNew } = useApp()
  const [query, setQuery] = useState("")
  const asked = useDeferredValue(query.trim())
  const box = useRef<HTMLInputElement>(null)
  return (
    <nav className="sidebar" aria-label={t("list.title")}>
      <header className="sidebar-head">
        <button type="button" className="brand" onClick={startNew}>
          <Logo size={26} />
          <span>{t("app.name")}</span>
        </button>
        <IconButton label={t("side.close")} keys="Mod+Shift+S" side="bottom" onClick={onClose}>
          <PanelLeftClose aria-hidden className="flips" />
        </IconButton>
      </header>
      {isGuest ? null : (
        <button type="button" className="new-button" onClick={startNew}>
          <SquarePen aria-hidden />
          {t("list.new")}
        </button>
      )}
      <div className="search" role="search">
        <Search aria-hidden />
        <input
          ref={box}
          id={searchId}
          type="search"
          dir="auto"
          value={query}
          maxLength={256}
          aria-label={t("list.searchPlaceholder")}
          placeholder={t("list.search")}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || query === "" || event.nativeEvent.isComposing) return
            // It is taken: elsewhere it stops the answer.
            event.preventDefault()
            setQuery("")
          }}
        />
        {query === "" ? null : (
          <button
            type="button"
            aria-label={t("list.searchClear")}
            onClick={() => {
              setQuery("")
              box.current?.focus()
            }}
          >
            <X aria-hidden />
          </button>
        )}
      </div>
      <div className="sidebar-scroll">
        {asked === "" ? <ConversationList activeId={activeId} /> : <SearchResults query={asked} />}
      </div>
      <AccountMenu />
    </nav>
  )
}
