/** Runs `act` on every item, at most `width` at a time; the answers are in the items' order. */
export const inParallel = async <A, B>(
  width: number,
  items: Iterable<A>,
  act: (item: A, index: number) => Promise<B>
): Promise<Array<B>> => {
  const results: Array<B> = []
  let next = 0
  const source = items[Symbol.iterator]()
  const worker = async () => {
    for (let item = source.next(); item.done !== true; item = source.next()) {
      const index = next++
      results[index] = await act(item.value, index)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
