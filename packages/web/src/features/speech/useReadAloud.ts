import { useEffect, useState } from "react"
import { plainText } from "./plainText.ts"

export const canSpeak = "speechSynthesis" in globalThis

/** Reads a text with the browser's own voice; starting one ends another. */
export const useReadAloud = (markdown: string): readonly [boolean, () => void] => {
  const [reading, setReading] = useState(false)
  useEffect(
    () => () => {
      if (reading) speechSynthesis.cancel()
    },
    [reading]
  )
  const toggle = () => {
    speechSynthesis.cancel()
    if (reading) return
    const utterance = new SpeechSynthesisUtterance(plainText(markdown))
    utterance.addEventListener("end", () => setReading(false))
    utterance.addEventListener("error", () => setReading(false))
    speechSynthesis.speak(utterance)
    setReading(true)
  }
  return [reading, toggle]
}
