/** A recording through a wire's decoder, without a socket. */
import { Exit } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { AnswerStreamReader } from "../../src/wire/AnswerStreamReader.ts"
import type { StreamDecoder } from "../../src/wire/Wire.ts"

export interface Decoded {
  readonly events: ReadonlyArray<ModelEvent>
  readonly exit: Exit.Exit<ModelAnswer, unknown>
}

const control = { pause: () => undefined, resume: () => undefined }

/** All chunks, and then the clean end of the body. */
export const decode = <State>(
  decoder: StreamDecoder<State>,
  chunks: ReadonlyArray<Uint8Array>,
  limits: Partial<ProviderLimits> = {}
): Decoded => {
  const events: Array<ModelEvent> = []
  const reader = new AnswerStreamReader(decoder, { ...defaultLimits, ...limits }, (batch) => void events.push(...batch))
  for (const chunk of chunks) {
    const exit = reader.chunk(chunk, control)
    if (exit !== undefined) return { events, exit }
  }
  return { exit: reader.end(control), events }
}

/** What is the same however an answer was cut into events: deltas of one kind that follow each other are joined. */
export const joined = (events: ReadonlyArray<ModelEvent>): ReadonlyArray<ModelEvent> => {
  const result: Array<ModelEvent> = []
  for (const event of events) {
    const last = result.at(-1)
    if (event.type === "text-delta" && last?.type === "text-delta") {
      result[result.length - 1] = { ...last, text: last.text + event.text }
    } else {
      result.push(event)
    }
  }
  return result
}

export const failureOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (Exit.isSuccess(exit)) return undefined
  const reason = exit.cause.reasons[0]
  return reason?._tag === "Fail" ? reason.error : undefined
}
