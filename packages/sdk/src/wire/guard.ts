/**
 * Small guards for foreign data. `struct` demands a guard for every field that domain's type must have: one that is added there fails to compile here.
 * What makes guards is marked as without effects, so that bundlers leave out the guards that a program does not use.
 */
export type Guard<T> = (value: unknown) => value is T

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Identifiers too: what a server calls a conversation, a client only hands back. */
export const text = <T extends string>(value: unknown): value is T => typeof value === "string"
export const textOrNull = <T extends string>(value: unknown): value is T | null => value === null || text(value)
export const texts = <T extends string>(value: unknown): value is ReadonlyArray<T> => Array.isArray(value) && value.every(text)
export const number = (value: unknown): value is number => typeof value === "number"
export const boolean = (value: unknown): value is boolean => typeof value === "boolean"
export const record = <T extends object>(value: unknown): value is T => isRecord(value)
export const records = <T extends ReadonlyArray<object>>(value: unknown): value is T =>
  Array.isArray(value) && value.every(isRecord)

/* @__NO_SIDE_EFFECTS__ */
export const literal =
  <T extends string | boolean>(...values: ReadonlyArray<T>): Guard<T> =>
  (value): value is T =>
    values.some((one) => one === value)

/* @__NO_SIDE_EFFECTS__ */
export const nullOr =
  <T>(guard: Guard<T>): Guard<T | null> =>
  (value): value is T | null =>
    value === null || guard(value)

/* @__NO_SIDE_EFFECTS__ */
export const arrayOf =
  <T>(guard: Guard<T>): Guard<ReadonlyArray<T>> =>
  (value): value is ReadonlyArray<T> =>
    Array.isArray(value) && value.every(guard)

type Optional<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? K : never }[keyof T]

/** Guards of the fields that must be there, and of those that may. Fields that are not named may be anything. */
/* @__NO_SIDE_EFFECTS__ */
export const struct = <T extends object>(
  required: { readonly [K in Exclude<keyof T, Optional<T>>]: Guard<T[K]> },
  optional: { readonly [K in Optional<T>]?: Guard<Exclude<T[K], undefined>> } = {}
): Guard<T> => {
  const must = entriesOf(required)
  const may = entriesOf(optional)
  return (value): value is T =>
    isRecord(value) &&
    must.every(([name, guard]) => guard(value[name])) &&
    may.every(([name, guard]) => value[name] === undefined || guard(value[name]))
}

const entriesOf = (guards: object): ReadonlyArray<readonly [string, (value: unknown) => boolean]> => Object.entries(guards)

/** By the value of `type`; of a type that this version does not know, nothing is asked but that it has one. */
/* @__NO_SIDE_EFFECTS__ */
export const tagged = <T extends { readonly type: string }>(guards: {
  readonly [K in T["type"]]: Guard<Extract<T, { readonly type: K }>>
}): Guard<T> => {
  const known = new Map<string, (value: unknown) => boolean>(Object.entries(guards))
  return (value): value is T => isRecord(value) && text(value["type"]) && (known.get(value["type"])?.(value) ?? true)
}
