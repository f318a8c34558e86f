/** Bytes under a key, whole: in a folder, in S3, or in memory. Keys are made by this program: letters, digits, `_` and `/`. */
import { Context, Layer, Effect, Option } from "effect"
import type { Unavailable } from "@parley/domain/Errors"

export class ObjectStore extends Context.Service<
  ObjectStore,
  {
    /** Replaces what was there; it is there as a whole or not at all. */
    readonly put: (key: string, content: Uint8Array) => Effect.Effect<void, Unavailable>
    readonly get: (key: string) => Effect.Effect<Option.Option<Uint8Array>, Unavailable>
    /** Idempotent. */
    readonly remove: (key: string) => Effect.Effect<void, Unavailable>
  }
>()("@parley/runtime/objects/ObjectStore") {
  static readonly layerMemory: Layer.Layer<ObjectStore> = Layer.sync(ObjectStore, () => {
    const objects = new Map<string, Uint8Array>()
    return {
      put: (key, content) => Effect.sync(() => void objects.set(key, content.slice())),
      get: (key) => Effect.sync(() => Option.fromUndefinedOr(objects.get(key))),
      remove: (key) => Effect.sync(() => void objects.delete(key))
    }
  })
}
