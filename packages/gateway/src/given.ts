/** A field that is there only when it was given: clients write `null` for what they leave out. */
export const given = <K extends string, A>(key: K, value: A | null | undefined): { readonly [P in K]?: A } =>
  value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: A })
