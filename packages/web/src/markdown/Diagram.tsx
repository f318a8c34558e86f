/**
 * A Mermaid diagram. It is drawn in a frame of an opaque origin with a policy of its own: what it runs reaches neither this page nor the
 * network. The frame is told the source and answers with its height, or with the fault. From its first line on it has the room that it will
 * have: its source stands there until it is whole.
 */
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react"
import { onFrame } from "../client/onFrame.ts"
import { contained } from "../i18n/bidi.ts"
import { useText } from "../i18n/useText.ts"
import { useIsDark } from "../design/useIsDark.ts"

/** Bounds on what the frame may ask for when all of it is shown, in CSS pixels. */
const minHeight = 40
const maxHeight = 1_600

interface DiagramProps {
  readonly source: string
  /** More may come. */
  readonly live: boolean
}

type Drawn = { readonly status: "waiting" | "failed" } | { readonly status: "drawn"; readonly height: number }

export const Diagram = ({ live, source }: DiagramProps) => {
  const t = useText()
  const id = useId()
  const [drawn, setDrawn] = useState<Drawn>({ status: "waiting" })
  const [asCode, setAsCode] = useState(false)
  const [isWhole, setIsWhole] = useState(false)
  const isDrawable = !live && drawn.status !== "failed"
  return (
    <figure className="md-diagram" aria-labelledby={id}>
      <figcaption id={id}>
        <span className="md-code-language">{t("markdown.diagram")}</span>
        {isDrawable ? (
          <>
            <button type="button" aria-pressed={isWhole} onClick={() => setIsWhole(!isWhole)}>
              <span>{t("markdown.whole")}</span>
            </button>
            <button type="button" aria-pressed={asCode} onClick={() => setAsCode(!asCode)}>
              <span>{t("markdown.source")}</span>
            </button>
          </>
        ) : null}
      </figcaption>
      <div className="md-diagram-room" style={isWhole && drawn.status === "drawn" ? { blockSize: drawn.height } : undefined}>
        {isDrawable && !asCode && drawn.status === "drawn" ? null : <Source text={source} />}
        {isDrawable ? <Frame source={source} isShown={!asCode && drawn.status === "drawn"} onDrawn={setDrawn} /> : null}
      </div>
    </figure>
  )
}

/** Its newest line is in sight. */
const Source = ({ text }: { readonly text: string }) => {
  const place = useRef<HTMLPreElement>(null)
  useLayoutEffect(() => {
    if (place.current !== null) place.current.scrollTop = place.current.scrollHeight
  }, [text])
  return (
    <pre ref={place} tabIndex={0}>
      {contained(text)}
    </pre>
  )
}

interface FrameProps {
  readonly source: string
  readonly isShown: boolean
  readonly onDrawn: (drawn: Drawn) => void
}

const Frame = ({ isShown, onDrawn, source }: FrameProps) => {
  const t = useText()
  const dark = useIsDark()
  const frame = useRef<HTMLIFrameElement>(null)
  useEffect(() => {
    const post = () => frame.current?.contentWindow?.postMessage({ type: "draw", source, dark }, "*")
    const listen = (event: MessageEvent<unknown>) => {
      if (event.source !== frame.current?.contentWindow) return
      const said = readAnswer(event.data)
      if (said === "ready") post()
      else if (said !== undefined) onFrame(() => onDrawn(said))
    }
    addEventListener("message", listen)
    post()
    return () => removeEventListener("message", listen)
  }, [source, dark, onDrawn])
  return (
    <iframe ref={frame} data-shown={isShown} title={t("markdown.diagram")} src="/diagram/index.html" sandbox="allow-scripts" />
  )
}

const readAnswer = (data: unknown): "ready" | Drawn | undefined => {
  if (typeof data !== "object" || data === null || !("type" in data)) return undefined
  if (data.type === "ready") return "ready"
  if (data.type === "failed") return { status: "failed" }
  if (data.type !== "drawn" || !("height" in data) || typeof data.height !== "number") return undefined
  return { status: "drawn", height: Math.min(maxHeight, Math.max(minHeight, Math.ceil(data.height))) }
}
