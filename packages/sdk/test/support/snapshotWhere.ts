import type { Store } from "../../src/sdk.ts"

/** Milliseconds after which a wait fails with what it saw last: a bound on a hang within that of the test, and no measure of speed. */
const longestWaitMs = 60_000

/** The first snapshot of which it is true. */
export const snapshotWhere = <S>({ getSnapshot, subscribe }: Store<S>, isTrue: (state: S) => boolean): Promise<S> =>
  new Promise((resolve, reject) => {
    const stop = subscribe(() => look())
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`not seen: ${isTrue} in ${JSON.stringify(getSnapshot()).slice(0, 2_000)}`))
    }, longestWaitMs)
    const look = (): void => {
      const state = getSnapshot()
      if (!isTrue(state)) return
      stop()
      clearTimeout(timer)
      resolve(state)
    }
    look()
  })
