import { useText } from "../../i18n/useText.ts"
import { Markdown } from "../../markdown/Markdown.tsx"
import { Fold } from "./Fold.tsx"

/** What a model thought before it spoke; folded until somebody wants it. Empty when its provider shows it to nobody. */
export const Reasoning = ({ live, text }: { readonly text: string; readonly live: boolean }) => {
  const t = useText()
  if (text === "" && !live) return null
  return (
    <Fold live={live} summary={<span>{live ? t("message.thinking") : t("message.thought")}</span>}>
      <Markdown text={text} open={live} />
    </Fold>
  )
}
