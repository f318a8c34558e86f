/** Of a list; undefined of an empty one. Phones that are a few years old have no `at`. */
export const last = <A>(list: ReadonlyArray<A>): A | undefined => list[list.length - 1]
