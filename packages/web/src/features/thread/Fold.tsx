import { ChevronRight } from "lucide-react"
import { useState, type ReactNode } from "react"

interface FoldProps {
  readonly summary: ReactNode
  /** More is to come: nobody sees what is folded, so it is rendered once it is opened, or whole. */
  readonly live: boolean
  readonly children: ReactNode
}

/** What is beside the answer, folded until somebody wants it. A whole one is there all the same, for the browser's own search. */
export const Fold = ({ children, live, summary }: FoldProps) => {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details className="fold" data-live={live} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <ChevronRight aria-hidden />
        {summary}
      </summary>
      <div className="fold-body">{live && !isOpen ? null : children}</div>
    </details>
  )
}
