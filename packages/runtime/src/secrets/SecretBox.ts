/**
 * Secrets that must be read again, sealed with AES-256-GCM. For each purpose a key of its own is derived from the master key (HKDF-SHA-256), and
 * what a secret belongs to is authenticated with it, so that a sealed text cannot be moved to another row. Several master keys can be
 * given: the first seals, all of them open, which is how one is replaced.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { Context, Layer, Option, Redacted } from "effect"

export interface Sealed {
  /** Which master key sealed it. */
  readonly masterKeyId: string
  /** Nonce, ciphertext and tag, in base64. */
  readonly sealed: string
}

export type SecretPurpose = "provider-key"

export class SecretBox extends Context.Service<
  SecretBox,
  {
    /** Of the one that seals. */
    readonly masterKeyId: string
    /** `belongsTo`: what it is a secret of; the same text opens it. */
    readonly seal: (purpose: SecretPurpose, belongsTo: string, secret: Redacted.Redacted) => Sealed
    /** None: sealed under a master key that is not here, or not what was sealed. */
    readonly open: (purpose: SecretPurpose, belongsTo: string, sealed: Sealed) => Option.Option<Redacted.Redacted>
  }
>()("@parley/runtime/secrets/SecretBox") {
  static layer(masterKeys: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]): Layer.Layer<SecretBox> {
    return Layer.sync(SecretBox, () => {
      const derived = masterKeys.map(derive)
      const first = derived[0] ?? derive(masterKeys[0])
      return {
        masterKeyId: first.id,
        seal: (purpose, belongsTo, secret) => {
          const nonce = randomBytes(nonceBytes)
          const cipher = createCipheriv("aes-256-gcm", first.keyOf(purpose), nonce).setAAD(Buffer.from(belongsTo))
          const text = Buffer.concat([cipher.update(Redacted.value(secret), "utf8"), cipher.final()])
          return { masterKeyId: first.id, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString("base64") }
        },
        open: (purpose, belongsTo, { masterKeyId, sealed }) => {
          const master = derived.find(({ id }) => id === masterKeyId)
          return master === undefined ? Option.none() : opened(master.keyOf(purpose), belongsTo, Buffer.from(sealed, "base64"))
        }
      }
    })
  }
}

const nonceBytes = 12
const tagBytes = 16

const opened = (key: Buffer, belongsTo: string, bytes: Buffer): Option.Option<Redacted.Redacted> => {
  if (bytes.length < nonceBytes + tagBytes) return Option.none()
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes))
  decipher.setAAD(Buffer.from(belongsTo)).setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()])
    return Option.some(Redacted.make(text.toString("utf8")))
  } catch {
    return Option.none()
  }
}

/** The id says which key it is and nothing about it. */
const derive = (master: Redacted.Redacted) => {
  const derivedKey = (info: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", Redacted.value(master), "parley", info, bytes))
  const keys = new Map<SecretPurpose, Buffer>()
  return {
    id: derivedKey("id", 8).toString("hex"),
    keyOf: (purpose: SecretPurpose): Buffer => {
      const known = keys.get(purpose) ?? derivedKey(purpose, 32)
      keys.set(purpose, known)
      return known
    }
  }
}
