import { useEffect, useRef, useState } from "react"

interface NameFieldProps {
  readonly label: string
  readonly value: string
  /** Undefined: it was given up. */
  readonly onDone: (name: string | undefined) => void
}

const maxNameLength = 128

/** A name, changed where it stands: Enter and leaving keep it, Escape does not. */
export const NameField = ({ label, onDone, value }: NameFieldProps) => {
  const [name, setName] = useState(value)
  const box = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  useEffect(() => {
    // The menu that asked for it is gone with its button, and gives the focus to what had it before that; the field would be left, and be over. So it comes after.
    queueMicrotask(() => {
      box.current?.focus()
      box.current?.select()
    })
  }, [])
  const finish = (kept: boolean) => {
    if (done.current) return
    done.current = true
    onDone(kept && name.trim() !== "" ? name.trim() : undefined)
  }
  return (
    <input
      ref={box}
      className="name-field"
      dir="auto"
      aria-label={label}
      value={name}
      maxLength={maxNameLength}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === "Enter") finish(true)
        if (event.key === "Escape") {
          // It is taken: elsewhere it stops the answer.
          event.preventDefault()
          finish(false)
        }
      }}
    />
  )
}
