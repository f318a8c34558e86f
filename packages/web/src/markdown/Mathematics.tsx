/** A formula. KaTeX and its fonts are fetched with the first one; until then, and where it has a fault, its source stands there. */
import { useEffect, useRef, useState } from "react"

interface MathematicsProps {
  readonly tex: string
  readonly display: boolean
}

export const Mathematics = ({ display, tex }: MathematicsProps) => {
  const place = useRef<HTMLSpanElement>(null)
  const [drawn, setDrawn] = useState(false)
  useEffect(() => {
    let current = true
    const draw = async (): Promise<void> => {
      const { drawFormula } = await import("./drawFormula.ts")
      if (current && place.current !== null) setDrawn(drawFormula(place.current, tex, display))
    }
    draw().catch(() => setDrawn(false))
    return () => {
      current = false
    }
  }, [tex, display])
  return (
    <span className={display ? "md-math md-math-display" : "md-math"}>
      {drawn ? null : <code>{tex}</code>}
      <span ref={place} hidden={!drawn} />
    </span>
  )
}
