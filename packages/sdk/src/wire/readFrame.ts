/**
 * What a text from the socket is. A type that this version does not know is `unknown`, to be ignored, so that a newer server may say more; an
 * event of an unknown type inside a known frame is left out, and its number still counts.
 */
import type { ServerFrame } from "@parley/domain/SocketProtocol"
import { isKnownFrame, isKnownRunEvent, serverFrame } from "./frames.ts"
import { isRecord, text } from "./guard.ts"

export const readFrame = (data: unknown): ServerFrame | "unknown" | "malformed" => {
  const value = typeof data === "string" ? parsed(data) : undefined
  if (!isRecord(value) || !text(value["type"])) return "malformed"
  if (!isKnownFrame(value["type"])) return "unknown"
  if (!serverFrame(value)) return "malformed"
  return value.type !== "delta" || value.events.every(isKnownRunEvent)
    ? value
    : { ...value, events: value.events.filter(isKnownRunEvent) }
}

const parsed = (data: string): unknown => {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
