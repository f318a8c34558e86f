import { useEffect, useRef, useState } from "react"
import { readAloud } from "./readAloud.ts"

export const canSpeak = "speechSynthesis" in globalThis

/** Whether a text is being read, and what begins or ends that; starting one ends another. It ends with what shows it. */
export const useReadAloud = (markdown: string): readonly [boolean, () => void] => {
  const [reading, setReading] = useState(false)
  const stop = useRef<() => void>(undefined)
  const begun = useRef(0)
  useEffect(() => () => stop.current?.(), [])
  const toggle = () => {
    if (reading) {
      setReading(false)
      return stop.current?.()
    }
    setReading(true)
    const own = ++begun.current
    stop.current = readAloud(markdown, () => {
      // The end of an earlier reading may be told when the next has begun.
      if (begun.current === own) setReading(false)
    })
  }
  return [reading, toggle]
}
