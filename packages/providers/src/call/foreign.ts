/** Reading what a provider sent: every value is unknown until looked at, and a field's name is checked against the SDK's type. */

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
