import type { Tokens } from "marked"
import { useText } from "../i18n/useText.ts"
import { Inline } from "./Inline.tsx"

/** Scrolls sideways by itself, by keyboard too. */
export const TableBlock = ({ token }: { readonly token: Tokens.Table }) => {
  const t = useText()
  return (
    <div className="md-table" role="region" tabIndex={0} aria-label={t("markdown.table")}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} scope="col" data-align={cell.align ?? undefined}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} data-align={cell.align ?? undefined}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
