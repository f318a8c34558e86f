/** How a run's frames look as server-sent events. */
import type { RunCursor } from "@parley/domain/ConversationCommand"
import { InvalidRequest } from "@parley/domain/Errors"
import { Epoch } from "@parley/domain/Ids"
import { Effect, Schema } from "effect"

/** Milliseconds between two comments that keep proxies from closing a silent answer. */
export const pingEveryMs = 15_000
/** Milliseconds after which a browser's `EventSource` comes again by itself. */
const reconnectAfterMs = 1_000

export const preamble = `retry: ${reconnectAfterMs}\n\n`

/** The second is nginx's: without it, it would hold the events back. */
export const eventStreamHeaders = { "cache-control": "no-store", "x-accel-buffering": "no" }

/** `epoch.seq`, as the `id` of the last event says. */
export const readCursor = (lastEventId: string | undefined): Effect.Effect<RunCursor, InvalidRequest> => {
  if (lastEventId === undefined || lastEventId === "") return Effect.succeed({})
  const [, epoch, seq] = /^([^.]+)\.(\d{1,15})$/.exec(lastEventId) ?? []
  return isEpoch(epoch)
    ? Effect.succeed({ epoch, afterSeq: Number(seq) })
    : Effect.fail(
        new InvalidRequest({
          message: "Last-Event-ID is not one of ours; leave it out to begin at the beginning.",
          issues: [{ path: "headers.last-event-id", message: "expected epoch.seq" }]
        })
      )
}

const isEpoch = Schema.is(Epoch)

/**
 * A frame is encoded once for all its followers, so its place is read from its text: `epoch`, `seq` and `count` come before anything that a model or a
 * person wrote.
 */
const place = /"epoch":"(epo_[0-9a-z]{26})","seq":(\d+)(?:,"count":(\d+))?/

export const eventOf = (frame: string): string => {
  const found = frame.startsWith('{"type":"delta"') || frame.startsWith('{"type":"snapshot"') ? place.exec(frame) : null
  if (found === null) return `data: ${frame}\n\n`
  const last = Number(found[2]) + (found[3] === undefined ? 0 : Number(found[3]) - 1)
  return `id: ${found[1]}.${last}\ndata: ${frame}\n\n`
}
