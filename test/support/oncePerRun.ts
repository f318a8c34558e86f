/**
 * Vitest loads a `globalSetup` once per project that names it. The value is made by the first, shared by all, and ended by
 * the last one's teardown.
 */
export interface Held<A> {
  readonly value: A
  readonly end: () => Promise<void>
}

interface Entry<A> {
  readonly made: Promise<Held<A>>
  holders: number
}

export const oncePerRun = async <A>(name: string, make: () => Promise<Held<A>>): Promise<Held<A>> => {
  const registry: { [key: symbol]: Entry<A> | undefined } = globalThis
  const key = Symbol.for(`parley/test/${name}`)
  const entry = (registry[key] ??= { made: make(), holders: 0 })
  entry.holders++
  const { end, value } = await entry.made
  return {
    value,
    end: async () => {
      entry.holders--
      if (entry.holders === 0) {
        registry[key] = undefined
        await end()
      }
    }
  }
}
