import { Copy } from "lucide-react"
import { useLayoutEffect, useRef } from "react"
import { useText } from "../i18n/useText.ts"
import { useCopied } from "./useCopied.ts"

/** A text to be taken along: selected by a touch, copied by the button. The focus comes to it with the text, when what asked for that is gone. */
export const CopyField = ({ label, value }: { readonly label: string; readonly value: string }) => {
  const t = useText()
  const [copied, copy] = useCopied()
  const field = useRef<HTMLInputElement>(null)
  // The focus is with the page or the dialog as a whole then, which the field is in.
  useLayoutEffect(() => {
    if (document.activeElement?.contains(field.current) === true) field.current?.focus()
  }, [])
  return (
    <div className="field-row">
      <input ref={field} className="input" readOnly aria-label={label} value={value} onFocus={(event) => event.target.select()} />
      <button type="button" className="button" data-kind="primary" onClick={() => copy(value)}>
        <Copy aria-hidden />
        {copied ? t("action.copied") : t("action.copy")}
      </button>
    </div>
  )
}
