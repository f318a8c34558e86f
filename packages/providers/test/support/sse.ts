import type { SseDecoder, SseEvent } from "../../src/call/Sse.ts"

/** The events that this chunk completed, in order. */
export const push = (decoder: SseDecoder, chunk: Uint8Array): ReadonlyArray<SseEvent> => {
  decoder.push(chunk)
  const events: Array<SseEvent> = []
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) events.push(event)
  return events
}
