/**
 * KaTeX, in a part of its own that is fetched with the first formula. It makes nodes, never markup from text. The page's policy takes no `style`
 * attribute: KaTeX's own styles are set as properties, which it may, and the few attributes only say again what the places around them say.
 */
import { __renderToDomTree as treeOf, type TreeNode } from "katex"
import "katex/dist/katex.min.css"

/** Bounds on what a formula may make of itself. */
const maxExpansions = 500
const maxSizeEm = 20

/** False when the formula has a fault; the place is then empty. */
export const drawFormula = (place: HTMLElement, tex: string, display: boolean): boolean => {
  try {
    const tree = treeOf(tex, {
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand: maxExpansions,
      maxSize: maxSizeEm
    })
    withoutStyleAttributes(tree)
    place.replaceChildren(tree.toNode())
    return true
  } catch {
    place.replaceChildren()
    return false
  }
}

const withoutStyleAttributes = (node: TreeNode): void => {
  delete node.attributes?.["style"]
  for (const child of node.children ?? []) withoutStyleAttributes(child)
}

/** Those that nearly every formula has: with another font it would be laid out anew. */
const fonts = ["1em KaTeX_Main", "italic 1em KaTeX_Math", "1em KaTeX_Size1", "1em KaTeX_Size2"]

/** Never rejects: a formula in another font is a formula. */
export const loadFonts = async (): Promise<void> => {
  await Promise.allSettled(fonts.map((font) => document.fonts.load(font)))
}
