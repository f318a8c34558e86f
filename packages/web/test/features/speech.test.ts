/** What is spoken, and what is said beside it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { typedBeside, withInterim } from "../../src/features/composer/dictation.ts"
import { isVoiceFault } from "../../src/features/speech/isVoiceFault.ts"
import { languageOf } from "../../src/features/speech/languageOf.ts"
import { plainText } from "../../src/features/speech/plainText.ts"
import { readAloud } from "../../src/features/speech/readAloud.ts"

class Utterance extends EventTarget {
  lang = ""
  readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
}

/** As browsers do it, ends are told later than they happen. */
const speaker = () => {
  let present: Utterance | undefined
  const ends: Array<Utterance> = []
  return {
    present: () => present,
    tellEnds: () => {
      for (const ended of ends.splice(0)) ended.dispatchEvent(new Event("error"))
    },
    speak: (utterance: Utterance) => {
      present = utterance
    },
    cancel: () => {
      if (present !== undefined) ends.push(present)
      present = undefined
    }
  }
}

describe("reading aloud", () => {
  let voice: ReturnType<typeof speaker>
  beforeEach(() => {
    voice = speaker()
    vi.stubGlobal("navigator", { languages: ["en-GB"] })
    vi.stubGlobal("speechSynthesis", voice)
    vi.stubGlobal("SpeechSynthesisUtterance", Utterance)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it("goes on with the second when the first is told to be over, and when what showed the first goes", () => {
    const over: Array<string> = []
    const stopFirst = readAloud("The first", () => over.push("first"))
    readAloud("The second", () => over.push("second"))
    voice.tellEnds()
    stopFirst()
    expect(voice.present()?.text).toBe("The second")
    expect(over).toEqual(["first"])
  })

  it("ends what it began", () => {
    const stop = readAloud("The only one", () => {})
    stop()
    expect(voice.present()).toBeUndefined()
  })

  it("has the voice of the text's language, and the person's variety of it", () => {
    readAloud("Das ist nicht der Weg, und die Zeit ist um.", () => {})
    expect(voice.present()?.lang).toBe("de")
    readAloud("This is the way, and that is it.", () => {})
    expect(voice.present()?.lang).toBe("en-GB")
    readAloud("42", () => {})
    expect(voice.present()?.lang).toBe("en-GB")
  })

  it("tells languages by script and by common words, and does not guess", () => {
    expect(
      ["これは本です", "这是一本书", "Это книга", "זה ספר", "Le chat est sur la table et les enfants"].map(languageOf)
    ).toEqual(["ja", "zh", "ru", "he", "fr"])
    expect(languageOf("Parley 5")).toBeUndefined()
  })

  it("leaves out marks, and keeps what belongs to a word", () => {
    expect(plainText("Call `snake_case_name` with _care_ and __force__ in **bold**, ~5 of ~~6~~.")).toBe(
      "Call snake_case_name with care and force in bold, ~5 of 6."
    )
  })
})

describe("dictating", () => {
  it("keeps what may still change out of the text, wherever somebody types meanwhile", () => {
    expect(withInterim("Hello", "wor")).toBe("Hello wor")
    expect(typedBeside("Hello", "wor", "Hello, wor")).toBe("Hello,")
    expect(typedBeside("Hello", "wor", "Hullo wor")).toBe("Hullo")
    expect(typedBeside("Hello", "wor", "Hello wor!")).toBe("Hello!")
    expect(typedBeside("Hello", "wor", "Hello wo")).toBe("Hello")
    expect(typedBeside("", "wor", "xwor")).toBe("x")
    expect(typedBeside("Hello", "wor", "anew")).toBe("anew")
    expect(typedBeside("Hello", "", "Hello w")).toBe("Hello w")
  })

  it("has failed only where something is wrong", () => {
    const error = (error: string) => isVoiceFault(Object.assign(new Event("error"), { error }))
    expect(["aborted", "no-speech", "not-allowed", "audio-capture", "network"].map(error)).toEqual([
      false,
      false,
      true,
      true,
      true
    ])
  })
})
