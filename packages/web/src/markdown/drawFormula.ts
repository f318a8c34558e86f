/** KaTeX, in a part of its own that is fetched with the first formula. It makes nodes, never markup from text. */
import { render } from "katex"
import "katex/dist/katex.min.css"

/** Bounds on what a formula may make of itself. */
const maxExpansions = 500
const maxSizeEm = 20

/** False when the formula has a fault; the place is then empty. */
export const drawFormula = (place: HTMLElement, tex: string, display: boolean): boolean => {
  try {
    render(tex, place, {
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand: maxExpansions,
      maxSize: maxSizeEm
    })
    return true
  } catch {
    place.replaceChildren()
    return false
  }
}
