/** What a model asked of a tool, and what the tool answered: folded until somebody wants it. */
import { ChevronRight, TriangleAlert, Wrench } from "lucide-react"
import type { ReactNode } from "react"
import type { ToolResult as Result } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"

interface ToolCallProps {
  readonly name: string
  /** JSON text as the model wrote it, perhaps not all of it, perhaps none. */
  readonly input: string
  readonly result?: Pick<Result, "content" | "isError"> | undefined
  readonly live: boolean
}

/** Longest input or result that is shown, in UTF-16 code units. */
const maxShownLength = 20_000

export const ToolCall = ({ input, live, name, result }: ToolCallProps) => {
  const t = useText()
  const failed = result?.isError === true
  return (
    <Fold label={t(failed ? "message.toolFailed" : "message.tool", { name })} failed={failed} live={live}>
      <h3>{t("message.toolInput")}</h3>
      <pre tabIndex={0}>{readable(input)}</pre>
      {result === undefined ? null : (
        <>
          <h3>{t("message.toolResult")}</h3>
          <pre tabIndex={0}>{readable(result.content)}</pre>
        </>
      )}
    </Fold>
  )
}

/** One whose call is not to be seen. */
export const ToolResult = ({ result: { content, isError } }: { readonly result: Result }) => {
  const t = useText()
  const failed = isError === true
  return (
    <Fold label={t(failed ? "message.toolError" : "message.toolAnswer")} failed={failed} live={false}>
      <pre tabIndex={0}>{readable(content)}</pre>
    </Fold>
  )
}

interface FoldProps {
  readonly label: string
  readonly failed: boolean
  readonly live: boolean
  readonly children: ReactNode
}

const Fold = ({ children, failed, label, live }: FoldProps) => (
  <details className="fold" data-live={live}>
    <summary>
      <ChevronRight aria-hidden />
      {failed ? <TriangleAlert aria-hidden /> : <Wrench aria-hidden />}
      <span>{label}</span>
    </summary>
    <div className="fold-body">{children}</div>
  </details>
)

const readable = (text: string): string => {
  const shown = text.length > maxShownLength ? `${text.slice(0, maxShownLength)} …` : text
  try {
    return JSON.stringify(JSON.parse(shown), null, 2)
  } catch {
    return shown
  }
}
