/** One suite for every object store: in memory, in a folder, in a bucket. */
import { assert, describe, it } from "@effect/vitest"
import S3rver from "@20minutes/s3rver"
import { Effect, Layer, Option, Redacted } from "effect"
import { readdirSync } from "node:fs"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { FileObjectStore } from "../../src/objects/FileObjectStore.ts"
import { ObjectStore } from "../../src/objects/ObjectStore.ts"
import { S3ObjectStore } from "../../src/objects/S3ObjectStore.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => temporaryFolder("objects")),
  ({ remove }) => Effect.promise(remove)
)

const options = (endpoint: string) => ({
  endpoint,
  bucket: "parley",
  region: "us-east-1",
  accessKeyId: "S3RVER",
  secretAccessKey: Redacted.make("S3RVER")
})

const bucket = Effect.gen(function* () {
  const { path } = yield* folder
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const server = new S3rver({
        port: 0,
        address: "127.0.0.1",
        silent: true,
        directory: path,
        configureBuckets: [{ name: "parley", configs: [] }]
      })
      const { port } = await server.run()
      return { server, port }
    }),
    ({ server }) => Effect.promise(() => server.close())
  )
  return `http://127.0.0.1:${port}`
})

const stores: ReadonlyArray<readonly [string, Layer.Layer<ObjectStore>]> = [
  ["memory", ObjectStore.layerMemory],
  ["a folder", Layer.unwrap(Effect.map(folder, ({ path }) => FileObjectStore.layer(`${path}/not/made/yet`)))],
  ["a bucket", Layer.unwrap(Effect.map(bucket, (endpoint) => S3ObjectStore.layer(options(endpoint))))]
]

const content = (text: string) => new TextEncoder().encode(text)

describe.each(stores)("objects in %s", (_, layer) => {
  it.live("are there as they were put, replaced by the next, and gone when removed", () =>
    Effect.gen(function* () {
      const objects = yield* ObjectStore
      const key = "attachments/ten_1/cnv_1/att_1"
      assert.isTrue(Option.isNone(yield* objects.get(key)))
      yield* objects.put(key, content("one"))
      assert.deepStrictEqual(yield* objects.get(key), Option.some(content("one")))
      const large = new Uint8Array(2_000_000).map((_, index) => index % 251)
      yield* objects.put(key, large)
      assert.deepStrictEqual(yield* objects.get(key), Option.some(large))
      yield* objects.put("attachments/ten_1/cnv_1/att_2", content("two"))
      yield* objects.remove(key)
      yield* objects.remove(key)
      assert.isTrue(Option.isNone(yield* objects.get(key)))
      assert.deepStrictEqual(yield* objects.get("attachments/ten_1/cnv_1/att_2"), Option.some(content("two")))
    }).pipe(Effect.provide(layer))
  )
})

describe("a store that does not work", () => {
  it.live("answers Unavailable, and says nothing of itself", () =>
    Effect.gen(function* () {
      for (const layer of [
        S3ObjectStore.layer({ ...options(yield* bucket), secretAccessKey: Redacted.make("wrong") }),
        FileObjectStore.layer("/dev/null/nowhere")
      ]) {
        const put = Effect.flatMap(ObjectStore, (objects) => objects.put("a/b", content("x")))
        const error = yield* Effect.flip(Effect.provide(put, layer))
        assert.strictEqual(error._tag, "Unavailable")
        assert.notMatch(error.message, /127\.0\.0\.1|null|S3RVER/)
      }
    }).pipe(Effect.scoped)
  )

  it.live("a folder holds objects and no drafts of them", () =>
    Effect.gen(function* () {
      const { path } = yield* folder
      const put = (text: string) =>
        Effect.provide(
          Effect.flatMap(ObjectStore, (objects) => objects.put("a", content(text))),
          FileObjectStore.layer(path)
        )
      yield* put("x")
      yield* put("y")
      assert.deepStrictEqual(readdirSync(path), ["a"])
    }).pipe(Effect.scoped)
  )
})
