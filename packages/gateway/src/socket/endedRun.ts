/** Which run a frame says is over, so that a socket's subscriptions to finished runs do not count against its bound. */
import { RunId } from "@parley/domain/Ids"
import { Option, Schema } from "effect"

const decodeRunId = Schema.decodeUnknownOption(RunId)

/**
 * Reads the encoded text, since a frame is encoded once for all its followers. Inside a JSON string every quote is escaped, so none of these
 * marks can come from what a model or a person wrote.
 */
export const endedRun = (frame: string): RunId | undefined => {
  if (!isOver(frame)) return undefined
  const at = frame.indexOf(runIdMark)
  const start = at + runIdMark.length
  return at === -1 ? undefined : Option.getOrUndefined(decodeRunId(frame.slice(start, frame.indexOf('"', start))))
}

const runIdMark = '"runId":"'
/** Of `run-start` too, which is told apart by what follows. */
const runEventMark = '{"type":"run-'

const isOver = (frame: string): boolean => {
  if (frame.startsWith('{"type":"delta"')) {
    let at = frame.indexOf(runEventMark)
    while (at !== -1) {
      if (!frame.startsWith("start", at + runEventMark.length)) return true
      at = frame.indexOf(runEventMark, at + runEventMark.length)
    }
    return false
  }
  if (frame.startsWith('{"type":"snapshot"')) return !frame.includes('"terminal":null')
  return frame.startsWith('{"type":"closed"') || frame.startsWith('{"type":"gone"')
}
