/**
 * The master keys: PARLEY_MASTER_KEY, or one that is made at the first start and kept in the data folder for its owner only. Processes on several machines
 * need the same one, and so its setting.
 */
import { randomBytes } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { SecretBox } from "@parley/runtime/secrets/SecretBox"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { Settings } from "./Settings.ts"

const minKeyLength = 32
const fileName = "master.key"

export class MasterKeyError extends Schema.TaggedError<MasterKeyError>()("MasterKeyError", { message: Schema.String }) {}

export const layerSecretBox = (settings: Pick<Settings, "masterKey" | "dataDir">): Layer.Layer<SecretBox, MasterKeyError> =>
  Layer.unwrap(Effect.map(masterKeys(settings), SecretBox.layer))

const masterKeys = ({ dataDir, masterKey }: Pick<Settings, "masterKey" | "dataDir">) =>
  Option.match(masterKey, {
    onNone: () =>
      Effect.tryPromise({
        try: () => storedKey(dataDir),
        catch: (cause) => wrong(`The master key in ${join(dataDir, fileName)} can be neither read nor made (${String(cause)})`)
      }).pipe(Effect.flatMap(parse)),
    onSome: (given) => parse(Redacted.value(given))
  })

const parse = (text: string) =>
  Effect.suspend(() => {
    const [first, ...rest] = text
      .split(",")
      .map((key) => key.trim())
      .filter((key) => key !== "")
    const tooShort = [first ?? "", ...rest].some((key) => key.length < minKeyLength)
    return first === undefined || tooShort
      ? Effect.fail(wrong(`PARLEY_MASTER_KEY: each key, separated by commas, must have ${minKeyLength} characters or more`))
      : Effect.succeed([Redacted.make(first), ...rest.map((key) => Redacted.make(key))] as const)
  })

const wrong = (message: string): MasterKeyError => new MasterKeyError({ message })

/** Of several processes that make one at once, the first that has written it wins. */
const storedKey = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, fileName)
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
  }
  await mkdir(dataDir, { recursive: true })
  try {
    await writeFile(file, randomBytes(32).toString("base64url"), { flag: "wx", mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
  }
  return readFile(file, "utf8")
}
