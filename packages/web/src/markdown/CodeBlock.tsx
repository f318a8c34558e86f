import { Check, Copy, WrapText } from "lucide-react"
import { memo, useDeferredValue, useEffect, useState, type ReactNode } from "react"
import { useCopied } from "../design/useCopied.ts"
import { useText } from "../i18n/useText.ts"
import type { Highlighter } from "./highlight.tsx"

/** Code longer than this is shown without colours, in UTF-16 code units: colouring it would cost a frame and more. */
const maxHighlightedLength = 60_000
/** While it is written it is coloured anew with each piece, so the bound is lower. */
const maxLiveHighlightedLength = 6_000

interface CodeBlockProps {
  readonly text: string
  readonly language: string
  readonly live: boolean
}

export const CodeBlock = ({ language, live, text }: CodeBlockProps) => {
  const t = useText()
  const [wraps, setWraps] = useState(false)
  const [copied, copy] = useCopied()
  return (
    <figure className="md-code">
      <figcaption>
        <span className="md-code-language">{language === "" ? t("markdown.plain") : language}</span>
        <button type="button" aria-pressed={wraps} onClick={() => setWraps(!wraps)}>
          <WrapText aria-hidden />
          <span>{t("markdown.wrap")}</span>
        </button>
        <button type="button" onClick={() => copy(text)}>
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          <span>{copied ? t("action.copied") : t("action.copy")}</span>
        </button>
      </figcaption>
      <pre data-wraps={wraps} tabIndex={0} aria-label={t("markdown.code", { language })}>
        <code>
          <Coloured text={text} language={language} maxLength={live ? maxLiveHighlightedLength : maxHighlightedLength} />
        </code>
      </pre>
    </figure>
  )
}

interface ColouredProps {
  readonly text: string
  readonly language: string
  readonly maxLength: number
}

const Coloured = ({ language, maxLength, text }: ColouredProps) => {
  const highlight = useHighlighter(language)
  const shown = useDeferredValue(text)
  // The deferred text may lag behind by a frame: then the newest characters stand there without colours.
  if (highlight === undefined || text.length > maxLength || !text.startsWith(shown)) return text
  return (
    <>
      <Tree text={shown} highlight={highlight} />
      {text.slice(shown.length)}
    </>
  )
}

const Tree = memo(({ highlight, text }: { readonly text: string; readonly highlight: Highlighter }): ReactNode => highlight(text))

const useHighlighter = (language: string): Highlighter | undefined => {
  const [found, setFound] = useState<{ readonly highlighter: Highlighter | undefined }>()
  useEffect(() => {
    let current = true
    const load = async (): Promise<void> => {
      if (language === "") return
      const { highlighterFor } = await import("./highlight.tsx")
      const highlighter = await highlighterFor(language)
      if (current) setFound({ highlighter })
    }
    // Without its colours code is as good as before.
    load().catch(() => {})
    return () => {
      current = false
    }
  }, [language])
  return found?.highlighter
}
