/** KaTeX and its usual fonts: fetched with the first formula, and from then on a formula is drawn where it is rendered, with its last size. */
import { Value } from "../client/Value.ts"
import type { drawFormula } from "./drawFormula.ts"

export type DrawFormula = typeof drawFormula

export interface Formulas {
  /** `late`: an answer does not wait for it any more. */
  readonly status: "unasked" | "asked" | "late" | "there"
  readonly draw: DrawFormula | undefined
}

/** An answer with a formula waits so long for the first one to be drawable. */
const maxWaitMs = 2_000

export const formulas = new Value<Formulas>({ status: "unasked", draw: undefined })

/** Asks for it once; again where it could not be had. */
export const askForFormulas = (): void => {
  if (formulas.getSnapshot().draw !== undefined || asking) return
  asking = true
  if (formulas.getSnapshot().status === "unasked") formulas.set({ status: "asked", draw: undefined })
  const late = setTimeout(() => formulas.set({ status: "late", draw: undefined }), maxWaitMs)
  load()
    .then(
      (draw) => formulas.set({ status: "there", draw }),
      () => formulas.set({ status: "late", draw: undefined })
    )
    .finally(() => {
      clearTimeout(late)
      asking = false
    })
}

let asking = false

const load = async (): Promise<DrawFormula> => {
  const { drawFormula, loadFonts } = await import("./drawFormula.ts")
  await loadFonts()
  return drawFormula
}
