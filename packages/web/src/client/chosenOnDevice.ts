/** Files that were chosen for a message and not sent, kept on this device over reloads, as what is typed is: until they are sent, taken back, or nobody is signed in. */
import { inStore } from "./database.ts"
import { maxBytes, maxFiles } from "./filesToSend.ts"
import type { UserPart } from "./sdk.ts"

/** As far as it was read: one of both is there. */
export interface ChosenFile {
  readonly name: string
  readonly part: UserPart | undefined
  readonly upload: File | undefined
}

/** Left for longer, nobody comes back for it. */
const leftAfterMs = 30 * 86_400_000

const keyPrefix = "chosen "
/** The size is in the key: what all of them take is known without reading one. */
const keyOf = (draftId: string, id: string, bytes: number): string => `${keyPrefix}${draftId} ${id} ${bytes}`

const random = Math.random().toString(36).slice(2)
let last = 0

/** In the order in which they were chosen, wherever that was. */
export const newChosenId = (): string => `${Date.now()}-${random}-${String(++last).padStart(6, "0")}`

/** False where there is no room for it, or too much is kept already. */
export const keepChosen = (draftId: string, id: string, file: ChosenFile): Promise<boolean> => {
  // One after the other: each sees what the one before it takes.
  lastKept = lastKept.then(() => keep(draftId, id, file))
  return lastKept
}

let lastKept = Promise.resolve(true)

const keep = async (draftId: string, id: string, { name, part, upload }: ChosenFile): Promise<boolean> => {
  try {
    const bytes = (upload?.size ?? 0) + (part?.type === "image" ? part.url.length : 0)
    if (!(await hasRoom(bytes))) return false
    const file: ChosenFile = { name, part, upload }
    await inStore("kept", "readwrite", (store) => store.put(file, keyOf(draftId, id, bytes)))
    return true
  } catch {
    return false
  }
}

export const forgetChosen = async (draftId: string, id: string): Promise<void> => forgetAll(`${draftId} ${id} `)

/** The conversation is gone. */
export const forgetChosenOf = async (draftId: string): Promise<void> => forgetAll(`${draftId} `)

/** With their ids. */
export const chosenOnDevice = async (draftId: string): Promise<ReadonlyArray<readonly [string, ChosenFile]>> => {
  const keys = await keysFrom(`${draftId} `)
  const files = await inStore<Array<ChosenFile>>("kept", "readonly", (store) => store.getAll(rangeFrom(`${draftId} `)))
  return files.flatMap((file, index) => {
    const id = keys[index]?.split(" ")[2]
    return id === undefined ? [] : [[id, file] as const]
  })
}

const hasRoom = async (bytes: number): Promise<boolean> => {
  let [count, sum] = [1, bytes]
  for (const key of await keysFrom("")) {
    const [, draftId = "", id = "", size] = key.split(" ")
    if (Date.now() - Number.parseInt(id, 10) > leftAfterMs) await forgetChosen(draftId, id)
    else [count, sum] = [count + 1, sum + Number(size)]
  }
  return count <= maxFiles && sum <= maxBytes
}

const rangeFrom = (beginning: string): IDBKeyRange => IDBKeyRange.bound(keyPrefix + beginning, `${keyPrefix}${beginning}\uffff`)

const keysFrom = async (beginning: string): Promise<ReadonlyArray<string>> => {
  const keys = await inStore("kept", "readonly", (store) => store.getAllKeys(rangeFrom(beginning)))
  return keys.flatMap((key) => (typeof key === "string" ? [key] : []))
}

const forgetAll = async (beginning: string): Promise<void> => {
  await inStore("kept", "readwrite", (store) => store.delete(rangeFrom(beginning)))
}
