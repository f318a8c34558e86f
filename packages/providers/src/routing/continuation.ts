/** How a partial answer is gone on with, whoever broke off: a provider, or the process that asked it. The only place that knows. */
import type { ModelMessage, ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"
import { estimateTokens } from "../tokens/estimateTokens.ts"
import { anchorMark, anchorOf } from "./anchor.ts"
import type { RouteTarget } from "./RouteTarget.ts"
import type { Continuing } from "./Seam.ts"

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

export const continuingOf = ({ echoes, goesOn }: RouteTarget): Continuing => (!goesOn ? "asked" : echoes ? "echoes" : "begun")

/** What is asked of who goes on with this text. The bound on the answer is less what was said, and more the words that are asked for again. */
export const continued = (request: ModelRequest, text: string, goesOn: boolean): ModelRequest => {
  const { messages, model, parameters } = request
  const { maxOutputTokens } = parameters
  const asked = { model, messages: continuePrompt(messages, text, goesOn), parameters }
  if (maxOutputTokens === undefined) return asked
  const left = Math.max(1, maxOutputTokens - estimateTokens(text))
  const again = goesOn ? 0 : estimateTokens(anchorMark + anchorOf(text))
  return { ...asked, parameters: { ...parameters, maxOutputTokens: left + again } }
}

/** The text is, by estimate, all that the bound on the answer allows. */
export const isUsedUp = ({ maxOutputTokens }: ModelParameters, text: string): boolean =>
  maxOutputTokens !== undefined && estimateTokens(text) >= maxOutputTokens
