/** `ObjectStore` in a folder. */
import { Effect, Layer, Option } from "effect"
import { randomUUID } from "node:crypto"
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ObjectStore } from "./ObjectStore.ts"
import { ObjectFault, objectsAway } from "./objectsAway.ts"

const attempt = <A>(act: () => Promise<A>) =>
  Effect.catch(Effect.tryPromise({ try: act, catch: (cause) => new ObjectFault({ cause }) }), objectsAway)

const isMissing = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")

/** `folder` is made when it is first needed. */
const layer = (folder: string): Layer.Layer<ObjectStore> =>
  Layer.succeed(ObjectStore, {
    put: (key, content) =>
      attempt(async () => {
        const path = join(folder, key)
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        // Renamed into place when whole: a crash leaves nothing that looks like the object.
        const draft = `${path}.${randomUUID()}.part`
        await writeFile(draft, content, { mode: 0o600 })
        await rename(draft, path)
      }),
    get: (key) =>
      attempt(async () => {
        try {
          const content = await readFile(join(folder, key))
          return Option.some(new Uint8Array(content.buffer, content.byteOffset, content.byteLength))
        } catch (cause) {
          if (isMissing(cause)) return Option.none<Uint8Array>()
          throw cause
        }
      }),
    remove: (key) => attempt(() => rm(join(folder, key), { force: true }))
  })

export const FileObjectStore = { layer }
