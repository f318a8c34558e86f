import { Check, Copy, WrapText } from "lucide-react"
import { Fragment, memo, startTransition, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react"
import { onFrame } from "../client/onFrame.ts"
import { useCopied } from "../design/useCopied.ts"
import { contained } from "../i18n/bidi.ts"
import { useText } from "../i18n/useText.ts"
import type { ColouredLine, Highlighter } from "./highlight.tsx"

/** Code past this is shown without colours, in UTF-16 code units: colouring it would cost a frame and more. */
const maxColouredLength = 60_000
/** While it is written it is coloured anew with each line, so the bound is lower. */
const maxLiveColouredLength = 6_000

interface CodeBlockProps {
  readonly text: string
  readonly language: string
  /** More may come. */
  readonly live: boolean
}

export const CodeBlock = ({ language, live, text }: CodeBlockProps) => {
  const t = useText()
  const [wraps, setWraps] = useState(false)
  const present = useRef(text)
  present.current = text
  return (
    <figure className="md-code">
      <Caption language={language} text={present} wraps={wraps} onWraps={setWraps} />
      <pre data-wraps={wraps} tabIndex={0} aria-label={t("markdown.code", { language })}>
        <code>
          <Coloured text={text} language={language} live={live} />
        </code>
      </pre>
    </figure>
  )
}

interface CaptionProps {
  readonly language: string
  /** Changes without a render. */
  readonly text: RefObject<string>
  readonly wraps: boolean
  readonly onWraps: (wraps: boolean) => void
}

const Caption = memo(({ language, onWraps, text, wraps }: CaptionProps) => {
  const t = useText()
  const [copied, copy] = useCopied()
  return (
    <figcaption>
      <span className="md-code-language">{language === "" ? t("markdown.plain") : contained(language)}</span>
      <button type="button" aria-pressed={wraps} onClick={() => onWraps(!wraps)}>
        <WrapText aria-hidden />
        <span>{t("markdown.wrap")}</span>
      </button>
      <button type="button" onClick={() => copy(text.current)}>
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        <span>{copied ? t("action.copied") : t("action.copy")}</span>
      </button>
    </figcaption>
  )
})

/** Whole lines in colour, and what is left without: a line stays where it stands, whatever comes below it. */
const Coloured = ({ language, live, text }: CodeBlockProps) => {
  const highlight = useHighlighter(language)
  const isLong = text.length > maxLiveColouredLength
  const [isLate, setIsLate] = useState(false)
  // What is long gets the rest of its colours when it is whole, and there is nothing better to do.
  useEffect(() => {
    if (isLong && !live) startTransition(() => setIsLate(true))
  }, [isLong, live])
  const max = isLong && isLate ? maxColouredLength : maxLiveColouredLength
  const end = highlight === undefined ? 0 : live || text.length > max ? text.lastIndexOf("\n", max - 1) + 1 : text.length
  const coloured = text.slice(0, end)
  const lines = useMemo(() => highlight?.(coloured) ?? [], [coloured, highlight])
  return (
    <>
      {lines.map((line, index) => (
        <Line key={index} line={line} isLast={index === lines.length - 1} />
      ))}
      {/* Another one for each line: none that stands is moved. */}
      <Fragment key={lines.length}>{contained(text.slice(end))}</Fragment>
    </>
  )
}

interface LineProps {
  readonly line: ColouredLine
  readonly isLast: boolean
}

const Line = memo(
  ({ isLast, line }: LineProps): ReactNode => (
    <>
      {line.nodes}
      {isLast ? null : "\n"}
    </>
  ),
  (before, next) => before.isLast === next.isLast && before.line.key === next.line.key
)

/** Grammars that were fetched are there at once. */
let readyHighlighter = (_language: string): Highlighter | undefined => undefined

const useHighlighter = (language: string): Highlighter | undefined => {
  const [found, setFound] = useState<{ readonly language: string; readonly highlighter: Highlighter | undefined }>()
  const ready = found?.language === language ? found.highlighter : readyHighlighter(language)
  const isWanted = language !== "" && ready === undefined
  useEffect(() => {
    if (!isWanted) return
    let current = true
    const load = async (): Promise<void> => {
      const highlighting = await import("./highlight.tsx")
      readyHighlighter = highlighting.readyHighlighter
      const highlighter = await highlighting.highlighterFor(language)
      if (current) onFrame(() => setFound({ language, highlighter }))
    }
    // Without its colours code is as good as before.
    load().catch(() => {})
    return () => {
      current = false
    }
  }, [isWanted, language])
  return ready
}
