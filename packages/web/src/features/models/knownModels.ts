/** What can be asked: read by the first who looks, and again when the page comes back after a while, or when the last reading failed. */
import { listModels, type Model } from "../../client/listModels.ts"
import { Value } from "../../client/Value.ts"

/** What was read longer ago is read again by a page that comes back, in milliseconds. */
const oldAfterMs = 60_000

/** What was read last: one that fails takes nothing away. */
const models = new Value<ReadonlyArray<Model>>([])
let readAtMs: number | undefined
let reading: Promise<void> | undefined
let isWatching = false

const read = (): Promise<void> =>
  (reading ??= listModels()
    .then(
      (found) => {
        readAtMs = Date.now()
        models.set(found)
      },
      // A conversation goes on with its own model. Asked again by the next one who looks.
      () => {
        readAtMs = undefined
      }
    )
    .finally(() => {
      reading = undefined
    }))

const readIfOld = (): void => {
  if (document.visibilityState === "hidden") return
  if (readAtMs === undefined || Date.now() - readAtMs >= oldAfterMs) void read()
}

export const knownModels = {
  getSnapshot: models.getSnapshot,
  subscribe: (listener: () => void): (() => void) => {
    if (!isWatching) {
      isWatching = true
      document.addEventListener("visibilitychange", readIfOld)
      addEventListener("online", readIfOld)
    }
    if (readAtMs === undefined) void read()
    return models.subscribe(listener)
  }
}
