/** Domain's types as a client gives them: an identifier from an address bar or a database is a plain string. */

/** The same shape with every branded identifier as a plain string: a brand is what has more keys than a string has. */
export type Plain<T> = T extends string
  ? keyof T extends keyof string
    ? T
    : string
  : T extends number | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: Plain<T[K]> }
