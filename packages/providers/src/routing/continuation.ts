/** How a partial answer is gone on with, whoever broke off: a provider, or the process that asked it. The only place that knows. */
import type { ModelMessage, ModelParameters } from "@parley/domain/ModelRequest"
import { estimateTokens } from "../tokens/estimateTokens.ts"
import { anchorMark, anchorOf } from "./anchor.ts"

/** Said after a partial answer to a model that does not go on with an answer by itself: all of them take this. `Seam` knows what comes of it. */
export const continueInstruction = (text: string): string =>
  "Your previous message was cut off. Continue it exactly where it stopped, as if nothing had happened. " +
  "So that both parts can be joined, begin with the following line, its mark and the last words of your message, to the letter, and " +
  "directly after its last letter write what comes next. Write nothing before it, repeat nothing else, and do not speak of this.\n\n" +
  anchorMark +
  anchorOf(text)

export interface Said {
  readonly text: string
  readonly hasCalls: boolean
}

/** Whether an answer can be gone on with; else it has to begin again. What must be whole, a call or a JSON text, cannot be sewn together. */
export const isContinuable = ({ hasCalls, text }: Said, { responseFormat }: ModelParameters): boolean =>
  !hasCalls && text.trim() !== "" && (responseFormat === undefined || responseFormat.type === "text")

/** `goesOn`: the model goes on with an answer that ends the messages. No provider takes one that ends with white space. */
export const continuePrompt = (
  prompt: ReadonlyArray<ModelMessage>,
  text: string,
  goesOn = false
): ReadonlyArray<ModelMessage> => {
  const begun: ModelMessage = { role: "assistant", content: [{ type: "text", text: goesOn ? text.trimEnd() : text }] }
  return goesOn
    ? [...prompt, begun]
    : [...prompt, begun, { role: "user", content: [{ type: "text", text: continueInstruction(text) }] }]
}

/** What was said counts against the bound on the answer; the last words that it is asked to repeat do not. */
export const continueParameters = (parameters: ModelParameters, text: string, goesOn = false): ModelParameters => {
  const { maxOutputTokens } = parameters
  if (maxOutputTokens === undefined) return parameters
  const repeated = goesOn ? 0 : estimateTokens(anchorMark + anchorOf(text))
  return { ...parameters, maxOutputTokens: Math.max(1, maxOutputTokens - estimateTokens(text)) + repeated }
}
