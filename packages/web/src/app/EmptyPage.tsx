import type { ReactNode } from "react"

interface EmptyPageProps {
  /** Without one it is not known yet what is there. */
  readonly title?: string
  readonly hint?: string | undefined
  readonly children?: ReactNode
  /** The way on. */
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
}

/** In the place of a conversation where there is none. */
export const EmptyPage = ({ action, children, hint, title }: EmptyPageProps) => (
  // Where the link over everything leads, as long as there is no box.
  <div className="empty-page" id="composer" tabIndex={-1} aria-busy={title === undefined}>
    {title === undefined ? null : <h1>{title}</h1>}
    {hint === undefined ? null : <p>{hint}</p>}
    {children}
    {action === undefined ? null : (
      <button type="button" className="button" data-kind="primary" onClick={action.run}>
        {action.label}
      </button>
    )}
  </div>
)
