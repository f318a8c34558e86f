/** Reads with the browser's own voice, one text at a time on the whole page. */
import { presentLocale } from "../../i18n/texts.ts"
import { languageOf } from "./languageOf.ts"
import { plainText } from "./plainText.ts"

let spoken: SpeechSynthesisUtterance | undefined

/** What was being read ends. `over` is called once, when this one has ended, however; gives back the function that ends it, and no other. */
export const readAloud = (markdown: string, over: () => void): (() => void) => {
  const text = plainText(markdown)
  const utterance = new SpeechSynthesisUtterance(text)
  const locale = presentLocale()
  const language = languageOf(text)
  // The person's own variety, where it is their language.
  utterance.lang = language === undefined || locale.split("-", 1)[0] === language ? locale : language
  const ended = (): void => {
    if (spoken === utterance) spoken = undefined
    over()
  }
  utterance.addEventListener("end", ended, { once: true })
  utterance.addEventListener("error", ended, { once: true })
  speechSynthesis.cancel()
  spoken = utterance
  speechSynthesis.speak(utterance)
  return () => {
    // Another one may be read by now, which goes on.
    if (spoken !== utterance) return
    spoken = undefined
    speechSynthesis.cancel()
  }
}
