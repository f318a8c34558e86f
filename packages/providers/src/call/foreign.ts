/** Reading what a provider sent: every value is unknown until looked at, and a field's name is checked against the SDK's type. */
import { noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"

/** An object of that type as it comes off the wire: the names are the type's, the values unproven. */
export type Foreign<T> = { readonly [K in keyof T]?: unknown }

export type ForeignObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is ForeignObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const nothing: ForeignObject = {}

export const objectOf = (value: unknown): ForeignObject => (isObject(value) ? value : nothing)

export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** The string, or the empty one. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** A count of tokens: what is not a whole number of zero or more is 0. */
export const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0

/** More tokens than any call can have used. */
const maxToldTokens = 100_000_000

/** A count of what was used: 0 where the provider does not say, and `NaN` where it says what cannot be one, so that no sum hides it. */
export const toldCountOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= maxToldTokens ? value : Number.NaN
}

/** One wrong number, and no other of them is believed: all is estimated as where nothing was told, and says so from here on. */
export const believed = (usage: Usage): Usage => (Object.values(usage).some(Number.isNaN) ? wrongUsage : usage)

const wrongUsage: Usage = { ...noUsage, isEstimated: true }

/** The JSON object that a text holds, or undefined when it holds anything else. */
export const parseObject = (text: string): ForeignObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The JSON object of an error, which Gemini's compatible API puts into a list. */
export const parseErrorObject = (text: string): ForeignObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    const only: unknown = Array.isArray(value) ? value[0] : value
    return isObject(only) ? only : undefined
  } catch {
    return undefined
  }
}
