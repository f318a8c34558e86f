/** What KaTeX has beside its declared API, of the version that is pinned: a formula before it is put into the page. */
import type { KatexOptions } from "katex"

declare module "katex" {
  export interface TreeNode {
    readonly attributes?: Record<string, string>
    readonly children?: ReadonlyArray<TreeNode>
    toNode(): Node
  }
  export const __renderToDomTree: (tex: string, options: KatexOptions) => TreeNode
}
