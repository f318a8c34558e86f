/** Names that stand twice in one object of a JSON text, of which a parser keeps the last and says nothing. */

export interface DuplicateKey {
  readonly path: ReadonlyArray<string | number>
}

interface Open {
  /** Undefined: a list. */
  readonly keys: Set<string> | undefined
  /** The name or the place of the value that stands here. */
  step: string | number
}

/** A name, with the colon after it; another text; or a sign that opens, closes or divides. */
const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/gsu

/** Of a text that is JSON. */
export const duplicateKeys = (text: string): ReadonlyArray<DuplicateKey> => {
  const found: Array<DuplicateKey> = []
  const opened: Array<Open> = []
  for (const [sign, colon] of text.matchAll(token)) {
    const top = opened.at(-1)
    if (sign === "{") opened.push({ keys: new Set(), step: "" })
    else if (sign === "[") opened.push({ keys: undefined, step: 0 })
    else if (sign === "}" || sign === "]") opened.pop()
    else if (sign === ",") {
      if (typeof top?.step === "number") top.step++
    } else if (colon !== undefined && top?.keys !== undefined) {
      const key = String(JSON.parse(sign.slice(0, -colon.length)))
      top.step = key
      if (top.keys.has(key)) found.push({ path: opened.map(({ step }) => step) })
      top.keys.add(key)
    }
  }
  return found
}
