/** A formula. Until it can be drawn, and where it has a fault, its source stands there. */
import { useLayoutEffect, useRef } from "react"
import { contained } from "../i18n/bidi.ts"
import { askForFormulas, formulas } from "./formulas.ts"

interface MathematicsProps {
  readonly tex: string
  readonly display: boolean
}

export const Mathematics = ({ display, tex }: MathematicsProps) => {
  const source = useRef<HTMLElement>(null)
  const place = useRef<HTMLSpanElement>(null)
  // Drawn before it is painted, and without another render.
  useLayoutEffect(() => {
    const show = () => {
      const { draw } = formulas.getSnapshot()
      if (draw === undefined || source.current === null || place.current === null) return
      const isDrawn = draw(place.current, tex, display)
      source.current.hidden = isDrawn
      place.current.hidden = !isDrawn
    }
    askForFormulas()
    show()
    return formulas.subscribe(show)
  }, [tex, display])
  return (
    <span className={display ? "md-math md-math-display" : "md-math"}>
      <code ref={source}>{contained(tex)}</code>
      <span ref={place} hidden />
    </span>
  )
}
