/** What a model asked of a tool, and what the tool answered: folded until somebody wants it. */
import { TriangleAlert, Wrench } from "lucide-react"
import type { ReactNode } from "react"
import type { ToolResult as Result } from "../../client/sdk.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import { Fold } from "./Fold.tsx"
import { readableJson } from "./readableJson.ts"

interface ToolCallProps {
  readonly name: string
  /** JSON text as the model wrote it, perhaps not all of it, perhaps none. */
  readonly input: string
  readonly result?: Pick<Result, "content" | "isError"> | undefined
  readonly live: boolean
}

export const ToolCall = ({ input, live, name, result }: ToolCallProps) => {
  const t = useText()
  const failed = result?.isError === true
  return (
    <FoldedCall label={t(failed ? "message.toolFailed" : "message.tool", { name })} failed={failed} live={live}>
      <h3>{t("message.toolInput")}</h3>
      <Json text={input} />
      {result === undefined ? null : (
        <>
          <h3>{t("message.toolResult")}</h3>
          <Json text={result.content} />
        </>
      )}
    </FoldedCall>
  )
}

/** One whose call is not to be seen. */
export const ToolResult = ({ result: { content, isError } }: { readonly result: Result }) => {
  const t = useText()
  const failed = isError === true
  return (
    <FoldedCall label={t(failed ? "message.toolError" : "message.toolAnswer")} failed={failed} live={false}>
      <Json text={content} />
    </FoldedCall>
  )
}

/** Laid out where it is shown: what is folded while it is written costs nothing. */
const Json = ({ text }: { readonly text: string }) => <pre tabIndex={0}>{contained(readableJson(text))}</pre>

interface FoldedCallProps {
  readonly label: string
  readonly failed: boolean
  readonly live: boolean
  readonly children: ReactNode
}

const FoldedCall = ({ children, failed, label, live }: FoldedCallProps) => (
  <Fold
    live={live}
    summary={
      <>
        {failed ? <TriangleAlert aria-hidden /> : <Wrench aria-hidden />}
        <span>{label}</span>
      </>
    }
  >
    {children}
  </Fold>
)
