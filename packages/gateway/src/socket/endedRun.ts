/** Which run a frame says is over, so that a socket's subscriptions to finished runs do not count against its bound. */
import { RunId } from "@parley/domain/Ids"
import { Option, Schema } from "effect"

const decodeRunId = Schema.decodeUnknownOption(RunId)

/**
 * Reads the encoded text, since a frame is encoded once for all its followers. Inside a JSON string every quote is escaped, so none of these
 * marks can come from what a model or a person wrote.
 */
export const endedRun = (frame: string): RunId | undefined => {
  const isOver = frame.startsWith('{"type":"delta"')
    ? frame.includes('{"type":"run-complete"') || frame.includes('{"type":"run-cancel"') || frame.includes('{"type":"run-fail"')
    : frame.startsWith('{"type":"closed"') ||
      frame.startsWith('{"type":"gone"') ||
      (frame.startsWith('{"type":"snapshot"') && !frame.includes('"terminal":null'))
  if (!isOver) return undefined
  const at = frame.indexOf('"runId":"')
  return at === -1 ? undefined : Option.getOrUndefined(decodeRunId(frame.slice(at + 9, frame.indexOf('"', at + 9))))
}
