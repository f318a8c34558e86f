/**
 * A Mermaid diagram. It is drawn in a frame of an opaque origin with a policy of its own: what it runs reaches neither this page nor the
 * network. The frame is told the source and answers with its height, or with the fault.
 */
import { useEffect, useId, useRef, useState } from "react"
import { useText } from "../i18n/useText.ts"
import { useIsDark } from "../design/useIsDark.ts"
import { CodeBlock } from "./CodeBlock.tsx"

/** Bounds on what the frame may ask for, in CSS pixels. */
const maxHeight = 1_600
const firstHeight = 160

type Drawn = { readonly status: "waiting" | "failed" } | { readonly status: "drawn"; readonly height: number }

export const Diagram = ({ source }: { readonly source: string }) => {
  const t = useText()
  const id = useId()
  const dark = useIsDark()
  const frame = useRef<HTMLIFrameElement>(null)
  const [drawn, setDrawn] = useState<Drawn>({ status: "waiting" })
  const [asCode, setAsCode] = useState(false)
  useEffect(() => {
    const post = () => frame.current?.contentWindow?.postMessage({ type: "draw", source, dark }, "*")
    const listen = (event: MessageEvent<unknown>) => {
      if (event.source !== frame.current?.contentWindow) return
      const said = readAnswer(event.data)
      if (said === "ready") post()
      else if (said !== undefined) setDrawn(said)
    }
    addEventListener("message", listen)
    post()
    return () => removeEventListener("message", listen)
  }, [source, dark])
  if (drawn.status === "failed") return <CodeBlock text={source} language="mermaid" live={false} />
  return (
    <figure className="md-diagram" aria-labelledby={id}>
      <figcaption id={id}>
        <span className="md-code-language">{t("markdown.diagram")}</span>
        <button type="button" aria-pressed={asCode} onClick={() => setAsCode(!asCode)}>
          <span>{t("markdown.source")}</span>
        </button>
      </figcaption>
      {asCode ? <pre tabIndex={0}>{source}</pre> : null}
      <iframe
        ref={frame}
        hidden={asCode}
        title={t("markdown.diagram")}
        src="/diagram/index.html"
        sandbox="allow-scripts"
        style={{ height: drawn.status === "drawn" ? drawn.height : firstHeight }}
      />
    </figure>
  )
}

const readAnswer = (data: unknown): "ready" | Drawn | undefined => {
  if (typeof data !== "object" || data === null || !("type" in data)) return undefined
  if (data.type === "ready") return "ready"
  if (data.type === "failed") return { status: "failed" }
  if (data.type !== "drawn" || !("height" in data) || typeof data.height !== "number") return undefined
  return { status: "drawn", height: Math.min(maxHeight, Math.max(40, Math.ceil(data.height))) }
}
