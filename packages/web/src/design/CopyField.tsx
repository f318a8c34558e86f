import { Copy } from "lucide-react"
import { useText } from "../i18n/useText.ts"
import { useCopied } from "./useCopied.ts"

/** A text to be taken along: selected by a touch, copied by the button. */
export const CopyField = ({ label, value }: { readonly label: string; readonly value: string }) => {
  const t = useText()
  const [copied, copy] = useCopied()
  return (
    <div className="field-row">
      <input className="input" readOnly aria-label={label} value={value} onFocus={(event) => event.target.select()} />
      <button type="button" className="button" data-kind="primary" onClick={() => copy(value)}>
        <Copy aria-hidden />
        {copied ? t("action.copied") : t("action.copy")}
      </button>
    </div>
  )
}
