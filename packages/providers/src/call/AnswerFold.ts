/** Folds a stream's events into the whole answer. Mutable, one per call: strings are built by `+=`, which V8 keeps as ropes. */
import type { AssistantPart } from "@parley/domain/Content"
import type { FinishReason, ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import { noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"

export class AnswerFold {
  readonly #parts: Array<AssistantPart> = []
  #text = ""
  #reasoning = ""
  #signature: string | undefined = undefined
  #usage: Usage = noUsage
  #finishReason: FinishReason = "stop"
  #length = 0
  #reasoningLength = 0

  /** What has been folded so far, in UTF-16 code units. */
  get length(): number {
    return this.#length + this.#reasoningLength
  }

  /** The same without what was thought. */
  get answerLength(): number {
    return this.#length
  }

  add(event: ModelEvent): void {
    switch (event.type) {
      case "text-delta":
        return this.addText(event.text)
      case "reasoning-delta":
        this.#closeText()
        this.#reasoning += event.text
        this.#reasoningLength += event.text.length
        if (event.signature !== undefined) {
          this.#signature = event.signature
          this.#closeReasoning()
        }
        return
      case "tool-call-delta":
        this.#length += event.arguments.length
        return
      case "tool-call":
        this.#closeText()
        this.#closeReasoning()
        this.#parts.push({ type: "tool-call", id: event.id, name: event.name, arguments: event.arguments })
        return
      case "usage":
        this.#usage = event.usage
        return
      case "finish":
        this.#finishReason = event.reason
        return
      case "provider-switch":
        // Said by routes, never on a wire.
        return
    }
  }

  addText(text: string): void {
    this.#closeReasoning()
    this.#text += text
    this.#length += text.length
  }

  answer(identity: { readonly model: string; readonly responseId: string }): ModelAnswer {
    this.#closeText()
    this.#closeReasoning()
    return {
      model: identity.model,
      responseId: identity.responseId,
      content: this.#parts,
      finishReason: this.#finishReason,
      usage: this.#usage
    }
  }

  #closeText(): void {
    if (this.#text === "") return
    this.#parts.push({ type: "text", text: this.#text })
    this.#text = ""
  }

  #closeReasoning(): void {
    if (this.#reasoning === "" && this.#signature === undefined) return
    this.#parts.push({
      type: "reasoning",
      text: this.#reasoning,
      ...(this.#signature === undefined ? {} : { signature: this.#signature })
    })
    this.#reasoning = ""
    this.#signature = undefined
  }
}
