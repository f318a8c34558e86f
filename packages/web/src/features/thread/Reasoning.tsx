import { ChevronRight } from "lucide-react"
import { useText } from "../../i18n/useText.ts"
import { Markdown } from "../../markdown/Markdown.tsx"

/** What a model thought before it spoke; folded until somebody wants it. Empty when its provider shows it to nobody. */
export const Reasoning = ({ live, text }: { readonly text: string; readonly live: boolean }) => {
  const t = useText()
  if (text === "" && !live) return null
  return (
    <details className="fold" data-live={live}>
      <summary>
        <ChevronRight aria-hidden />
        <span>{live ? t("message.thinking") : t("message.thought")}</span>
      </summary>
      <div className="fold-body">
        <Markdown text={text} open={live} />
      </div>
    </details>
  )
}
