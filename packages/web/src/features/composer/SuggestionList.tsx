import { useEffect, useRef } from "react"
import { contained } from "../../i18n/bidi.ts"
import type { Suggesting } from "./useSuggestions.ts"

export const SuggestionList = ({ of }: { readonly of: Suggesting }) => {
  const { active, choose, emptyText, id, items, open, setActive, title } = of
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" })
  }, [active])
  if (!open) return null
  return (
    <div className="menu suggestions">
      <p className="menu-label" aria-hidden>
        {title}
      </p>
      {items.length === 0 ? <p className="suggestions-empty">{emptyText}</p> : null}
      <ul ref={list} id={id} role="listbox" aria-label={title}>
        {items.map((item, index) => (
          <li
            key={item.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className="menu-item"
            onPointerMove={() => setActive(index)}
            // The box keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(index)}
          >
            <span className="suggestion-label">{contained(item.label)}</span>
            {item.note === undefined ? null : <span className="menu-note">{contained(item.note)}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}
