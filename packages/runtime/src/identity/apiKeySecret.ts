/** The keys themselves: how they look, how they are made, and what of them is stored. */
import { hash, randomBytes } from "node:crypto"

/** `pk_` and 29 to 509 printable characters. Those that we make have 43 of base 62: 256 bits. */
const shape = /^pk_[\x21-\x7e]{29,509}$/
const randomLength = 43
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** The largest multiple of 62 in a byte: bytes from here on are drawn again, or some letters would be likelier. */
const unbiasedBelow = 248
const prefixLength = 10

export const isSecret = (text: string): boolean => shape.test(text)

export const makeSecret = (): string => {
  let secret = "pk_"
  while (secret.length < 3 + randomLength) {
    for (const byte of randomBytes(randomLength)) {
      if (byte < unbiasedBelow && secret.length < 3 + randomLength) secret += alphabet.charAt(byte % alphabet.length)
    }
  }
  return secret
}

/** SHA-256, in hexadecimal. Neither salted nor slow: see migrations/0001_tenancy.ts. */
export const hashSecret = (secret: string): string => hash("sha256", secret, "hex")

export const prefixOf = (secret: string): string => secret.slice(0, prefixLength)
