/** Frames about a run as its log tells them, and the log's mirror in another process. Written by hand: the head is the same for all of a log's frames. */
import type { RunEvent } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"
import type { RunIdentity } from "./RunLog.ts"

/** Up to the number that follows it. */
export const frameHeadOf = ({ conversationId, epoch, runId }: RunIdentity): string =>
  `"conversationId":"${conversationId}","runId":"${runId}","epoch":"${epoch}","seq":`

/** What comes after `afterSeq`, up to `seq`, as one frame; undefined when it is longer than `maxBytes`. */
export const replayFrame = (
  head: string,
  afterSeq: number,
  seq: number,
  events: ReadonlyArray<RunEvent>,
  maxBytes: number
): { readonly frame: string; readonly bytes: number } | undefined => {
  const frame = `{"type":"delta",${head}${afterSeq + 1},"count":${seq - afterSeq},"events":${JSON.stringify(events)}}`
  const bytes = Buffer.byteLength(frame)
  return bytes > maxBytes ? undefined : { frame, bytes }
}

export const snapshotFrame = (head: string, seq: number, state: RunState): string =>
  `{"type":"snapshot",${head}${seq},"state":${JSON.stringify(state)}}`

export const caughtUpFrame = (head: string, seq: number): string => `{"type":"caught-up",${head}${seq}}`
