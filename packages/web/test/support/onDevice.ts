/** What the app keeps on a device, as a page of it finds that. */
import type { Page } from "playwright-core"

/** Of one store of its database: the keys, and all that stands under them as one text; of a file that is nothing. */
export const onDevice = (
  page: Page,
  store: "outbox" | "kept"
): Promise<{ readonly keys: ReadonlyArray<string>; readonly text: string }> =>
  page.evaluate(async (name) => {
    const settled = <A>(request: IDBRequest<A>): Promise<A> =>
      new Promise((resolve, reject) => {
        request.addEventListener("success", () => resolve(request.result))
        request.addEventListener("error", () => reject(request.error ?? new Error("the database said no")))
      })
    const database = await settled(indexedDB.open("parley"))
    try {
      const kept = database.transaction(name).objectStore(name)
      const [keys, values] = await Promise.all([settled(kept.getAllKeys()), settled(kept.getAll())])
      return { keys: keys.map(String), text: JSON.stringify(values) }
    } finally {
      database.close()
    }
  }, store)
