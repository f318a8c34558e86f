/** The secrets that let somebody in: how they look, how they are made, and what of them is stored. */
import { hash, randomBytes } from "node:crypto"

/** An API key, a session, the link of a sign-in, an invite, a share. */
export type SecretKind = "pk_" | "ps_" | "pl_" | "pi_" | "sh_"

/** `pk_` and 29 to 509 printable characters. Those that we make have 43 of base 62: 256 bits. */
const keyShape = /^pk_[\x21-\x7e]{29,509}$/
const madeShape = /^[0-9A-Za-z]{43}$/
const prefixCharacters = 3
const randomLength = 43
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** The largest multiple of 62 in a byte: bytes from here on are drawn again, or some letters would be likelier. */
const unbiasedBelow = 248
const prefixLength = 10

/** An API key: one that was made here, or the administrator's own choice. */
export const isSecret = (text: string): boolean => keyShape.test(text)

/** A secret of this kind, which is always one that was made here. */
export const isMade = (kind: Exclude<SecretKind, "pk_">, text: string): boolean =>
  text.startsWith(kind) && madeShape.test(text.slice(prefixCharacters))

/** What a request may come with. */
export const isCredential = (text: string): boolean => isSecret(text) || isMade("ps_", text)

export const makeSecret = (): string => makeSecretOf("pk_")

export const makeSecretOf = (kind: SecretKind): string => {
  let secret = ""
  while (secret.length < randomLength) {
    for (const byte of randomBytes(randomLength)) {
      if (byte < unbiasedBelow && secret.length < randomLength) secret += alphabet.charAt(byte % alphabet.length)
    }
  }
  return kind + secret
}

/** SHA-256, in hexadecimal. Neither salted nor slow: see migrations/0001_tenancy.ts. */
export const hashSecret = (secret: string): string => hash("sha256", secret, "hex")

export const prefixOf = (secret: string): string => secret.slice(0, prefixLength)
