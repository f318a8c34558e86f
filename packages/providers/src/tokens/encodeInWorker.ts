/**
 * The worker's side of `TokenWorker`: an encoding is loaded when it is first asked for, which takes a tenth of a second and 70 MB, and
 * texts are counted here, so that neither stops the process's event loop.
 */
import { parentPort } from "node:worker_threads"
import type { CountAsked, CountTold } from "./TokenWorker.ts"
import type { Encoding } from "./tokenFamilies.ts"

/** A run of letters without a break costs time by the square of its length, so texts are counted in pieces of this many UTF-16 code units. */
const pieceChars = 1_024

const encodings = {
  o200k_base: () => import("gpt-tokenizer/encoding/o200k_base"),
  cl100k_base: () => import("gpt-tokenizer/encoding/cl100k_base")
}

/** What looks like a special token in a prompt is text. */
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

const count = async (encoding: Encoding, text: string): Promise<number> => {
  const { countTokens } = await encodings[encoding]()
  let tokens = 0
  for (let at = 0; at < text.length;) {
    const end = pieceEnd(text, at)
    tokens += countTokens(text.slice(at, end), asText)
    at = end
  }
  return tokens
}

/** Before a space where there is one, for tokens begin with theirs; never inside a pair. */
const pieceEnd = (text: string, at: number): number => {
  const most = at + pieceChars
  if (most >= text.length) return text.length
  const space = text.lastIndexOf(" ", most)
  if (space > at + pieceChars / 2) return space
  const isPair = /[\uD800-\uDBFF]/.test(text.charAt(most - 1))
  return isPair ? most - 1 : most
}

parentPort?.on("message", ({ encoding, id, text }: CountAsked) => {
  void count(encoding, text).then((tokens) => parentPort?.postMessage({ id, tokens } satisfies CountTold))
})
