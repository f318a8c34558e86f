import { contained } from "./bidi.ts"

/** Kerned, the layout of one takes time in the square of its length: 7 s for 100,000 letters, and 20 ms without. */
const longWord = /\S{1000}/

/** Text as somebody wrote it: its marks of direction turn nothing but themselves, and no length of a word holds up the page. */
export const Plain = ({ text }: { readonly text: string }) =>
  longWord.test(text) ? <span className="unkerned">{contained(text)}</span> : contained(text)
