/** True when `text` nests arrays and objects deeper than `max`. Looks at brackets outside of strings only; it does not validate. */
export const isDeeperThan = (text: string, max: number): boolean => {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        i = endOfString(text, i)
        break
      }
      case 0x5b:
      case 0x7b: {
        if (++depth > max) return true
        break
      }
      case 0x5d:
      case 0x7d: {
        depth--
        break
      }
    }
  }
  return false
}

/** The index of the quote that ends the string that begins at `start`; the text's length when there is none. */
const endOfString = (text: string, start: number): number => {
  let at = start
  while (true) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return at
  }
}
