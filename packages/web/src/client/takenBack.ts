/**
 * What is there now, without what of a change was not taken: a field that was changed again since stays. What `before` holds may itself not have been taken: it is to be read. Nothing where it
 * is not there any more.
 */
export const takenBack = <A extends object>(now: A | undefined, before: A | undefined, change: Partial<A>): ReadonlyArray<A> => {
  if (now === undefined || before === undefined) return []
  const fields = Object.entries(change).filter(([field, value]) => Reflect.get(now, field) === value)
  return [{ ...now, ...Object.fromEntries(fields.map(([field]) => [field, Reflect.get(before, field)])) }]
}
