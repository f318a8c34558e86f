/** `ObjectStore` in a bucket of S3, or of anything that speaks its protocol. */
import { AwsClient } from "aws4fetch"
import { Effect, Layer, Option, Redacted } from "effect"
import { ObjectStore } from "./ObjectStore.ts"
import { ObjectFault, objectsAway } from "./objectsAway.ts"

export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`; the bucket is put into the path. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
}

/** One request, its body included. */
const timeoutMs = 30_000
/** Of answers that say to come again; spaced by the client itself. */
const retries = 3

const layer = (options: S3Options): Layer.Layer<ObjectStore> =>
  Layer.sync(ObjectStore, () => {
    const client = new AwsClient({
      accessKeyId: options.accessKeyId,
      secretAccessKey: Redacted.value(options.secretAccessKey),
      region: options.region,
      service: "s3",
      retries
    })
    const base = `${options.endpoint.replace(/\/+$/, "")}/${encodeURIComponent(options.bucket)}`

    const ask = <A>(method: string, key: string, read: (response: Response) => Promise<A>, body?: Uint8Array) =>
      Effect.catch(
        Effect.tryPromise({
          try: async (signal) => {
            const response = await client.fetch(`${base}/${key}`, {
              method,
              signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
              ...(body === undefined ? {} : { body: new Uint8Array(body) })
            })
            return await read(response)
          },
          catch: (cause) => new ObjectFault({ cause })
        }),
        objectsAway
      )

    const expect = async (response: Response): Promise<void> => {
      const said = await response.text()
      // Its code only: the rest repeats what was signed.
      if (!response.ok) throw new Error(`status ${response.status} ${/<Code>(\w{1,64})<\/Code>/.exec(said)?.[1] ?? ""}`)
    }

    return {
      put: (key, content) => ask("PUT", key, expect, content),
      get: (key) =>
        ask("GET", key, async (response) => {
          if (response.status === 404) {
            await response.arrayBuffer()
            return Option.none<Uint8Array>()
          }
          if (!response.ok) await expect(response)
          return Option.some(new Uint8Array(await response.arrayBuffer()))
        }),
      remove: (key) =>
        ask("DELETE", key, async (response) => (response.status === 404 ? void (await response.text()) : expect(response)))
    }
  })

export const S3ObjectStore = { layer }
