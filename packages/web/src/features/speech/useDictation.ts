/** The browser's own speech recognition, where there is one. Its types are not in TypeScript's library, so what is used is read with care. */
import { useCallback, useEffect, useRef, useState } from "react"
import { notify } from "../../design/notify.ts"
import { presentLanguage } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"
import { isVoiceFault } from "./isVoiceFault.ts"

interface Recognition extends EventTarget {
  lang: string
  continuous: boolean
  interimResults: boolean
  start(): void
  stop(): void
  abort(): void
}

const found: unknown = Reflect.get(globalThis, "SpeechRecognition") ?? Reflect.get(globalThis, "webkitSpeechRecognition")

const isConstructor = (value: unknown): value is new () => Recognition => typeof value === "function"

const RecognitionClass = isConstructor(found) ? found : undefined

export const canDictate = RecognitionClass !== undefined

interface DictationOptions {
  readonly onInterim: (text: string) => void
  readonly onText: (text: string) => void
}

export const useDictation = ({ onInterim, onText }: DictationOptions): readonly [boolean, () => void] => {
  const t = useText()
  const [listening, setListening] = useState(false)
  const present = useRef<Recognition>(null)
  const tell = useRef({ onInterim, onText })
  tell.current = { onInterim, onText }
  useEffect(() => () => present.current?.abort(), [])

  const toggle = useCallback(() => {
    if (present.current !== null) return present.current.stop()
    if (RecognitionClass === undefined) return
    const recognition = new RecognitionClass()
    present.current = recognition
    recognition.lang = presentLanguage()
    recognition.continuous = true
    recognition.interimResults = true
    recognition.addEventListener("result", (event) => {
      let interim = ""
      for (const { isFinal, text } of resultsOf(event)) {
        if (isFinal) tell.current.onText(text.trim())
        else interim += text
      }
      tell.current.onInterim(interim)
    })
    recognition.addEventListener("error", (event) => {
      if (isVoiceFault(event)) notify(t("composer.voiceFailed"), { isError: true })
    })
    recognition.addEventListener("end", () => {
      present.current = null
      setListening(false)
      tell.current.onInterim("")
    })
    recognition.start()
    setListening(true)
  }, [t])
  return [listening, toggle]
}

interface Heard {
  readonly isFinal: boolean
  readonly text: string
}

/** Those that are new in this event. */
const resultsOf = (event: Event): ReadonlyArray<Heard> => {
  const results: unknown = Reflect.get(event, "results")
  const first: unknown = Reflect.get(event, "resultIndex")
  if (typeof results !== "object" || results === null) return []
  const heard: Array<Heard> = []
  const length = Number(Reflect.get(results, "length"))
  for (let index = typeof first === "number" ? first : 0; index < length; index++) {
    const result: unknown = Reflect.get(results, index)
    if (typeof result !== "object" || result === null) continue
    const best: unknown = Reflect.get(result, 0)
    const text: unknown = typeof best === "object" && best !== null ? Reflect.get(best, "transcript") : undefined
    if (typeof text === "string") heard.push({ isFinal: Reflect.get(result, "isFinal") === true, text })
  }
  return heard
}
