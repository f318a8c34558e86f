import type { Tokens } from "marked"
import { memo, useLayoutEffect, useRef, useState } from "react"
import { useText } from "../i18n/useText.ts"
import { Inline } from "./Inline.tsx"

interface TableBlockProps {
  readonly token: Tokens.Table
  /** More rows may come. */
  readonly live: boolean
  readonly dir: "auto" | undefined
}

/** Scrolls sideways by itself, by keyboard too. */
export const TableBlock = ({ dir, live, token }: TableBlockProps) => {
  const t = useText()
  const table = useRef<HTMLTableElement>(null)
  const [isWatched] = useState(live)
  // Columns that were seen at their first row stay as wide as they were then: a longer cell wraps, and nothing moves aside.
  useLayoutEffect(() => {
    if (isWatched && table.current !== null) keepWidths(table.current)
  }, [isWatched])
  return (
    <div className="md-table" dir={dir} role="region" tabIndex={0} aria-label={t("markdown.table")}>
      <table ref={table}>
        {isWatched ? (
          <colgroup>
            {token.header.map((_, index) => (
              <col key={index} />
            ))}
          </colgroup>
        ) : null}
        <thead>
          <Row cells={token.header} />
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <Row key={index} cells={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** As the browser has laid them out by what is there, in parts of the table. */
const keepWidths = (table: HTMLTableElement): void => {
  const whole = table.getBoundingClientRect().width
  const widths = [...table.querySelectorAll("th")].map((cell) => cell.getBoundingClientRect().width)
  if (whole === 0) return
  table.querySelectorAll("col").forEach((column, index) => {
    column.style.inlineSize = `${(100 * (widths[index] ?? 0)) / whole}%`
  })
  // On a screen that has not so much room it scrolls.
  if (whole > (table.parentElement?.clientWidth ?? whole)) table.style.minInlineSize = `${whole}px`
  table.dataset["widths"] = "kept"
}

const Row = memo(({ cells }: { readonly cells: ReadonlyArray<Tokens.TableCell> }) => (
  <tr>
    {cells.map(({ align, header, tokens }, column) => {
      const content = <Inline tokens={tokens} />
      return header ? (
        <th key={column} scope="col" data-align={align ?? undefined}>
          {content}
        </th>
      ) : (
        <td key={column} data-align={align ?? undefined}>
          {content}
        </td>
      )
    })}
  </tr>
))
