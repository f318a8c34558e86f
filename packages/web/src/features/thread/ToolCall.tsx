import { ChevronRight, TriangleAlert, Wrench } from "lucide-react"
import { useText } from "../../i18n/useText.ts"

interface ToolCallProps {
  readonly name: string
  /** JSON text as the model wrote it, perhaps not all of it, perhaps none. */
  readonly input: string
  readonly result?: { readonly content: string; readonly isError?: boolean | undefined } | undefined
  readonly live: boolean
}

/** Longest input or result that is shown, in UTF-16 code units. */
const maxShownLength = 20_000

export const ToolCall = ({ input, live, name, result }: ToolCallProps) => {
  const t = useText()
  return (
    <details className="fold" data-live={live}>
      <summary>
        <ChevronRight aria-hidden />
        {result?.isError === true ? <TriangleAlert aria-hidden /> : <Wrench aria-hidden />}
        <span>{t("message.tool", { name })}</span>
      </summary>
      <div className="fold-body">
        <h3>{t("message.toolInput")}</h3>
        <pre tabIndex={0}>{readable(input)}</pre>
        {result === undefined ? null : (
          <>
            <h3>{t("message.toolResult")}</h3>
            <pre tabIndex={0}>{readable(result.content)}</pre>
          </>
        )}
      </div>
    </details>
  )
}

const readable = (text: string): string => {
  const shown = text.length > maxShownLength ? `${text.slice(0, maxShownLength)} …` : text
  try {
    return JSON.stringify(JSON.parse(shown), null, 2)
  } catch {
    return shown
  }
}
