import { useEffect, useId, useRef, useState } from "react"
import { FormFault } from "../../design/FormFault.tsx"

interface NameFieldProps {
  readonly label: string
  readonly value: string
  /** Why `value` was not taken. */
  readonly fault: string | undefined
  /** Said of nothing, which is no name. */
  readonly needed: string
  /** Somebody means to write in it now. */
  readonly takesFocus: boolean
  /** Undefined: it was given up. */
  readonly onDone: (name: string | undefined, by: NameFieldEnd) => void
}

export type NameFieldEnd = "enter" | "leaving" | "escape"

const maxNameLength = 128

/**
 * A name, changed where it stands: Enter and leaving keep it, Escape does not. One that was refused stands there until Enter tries it again or it is
 * changed; where there is no Escape it is given up empty.
 */
export const NameField = ({ fault, label, needed, onDone, takesFocus, value }: NameFieldProps) => {
  const [name, setName] = useState(value)
  const [told, setTold] = useState(fault)
  const faultId = useId()
  const box = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  // Also of one that was sent before, and fails while the field stands here again.
  useEffect(() => setTold(fault), [fault])
  useEffect(() => {
    // Whoever writes elsewhere by now is left there.
    if (!takesFocus || (fault !== undefined && document.activeElement !== document.body)) return
    // The menu that asked for it is gone with its button, and gives the focus to what had it before that; the field would be left, and be over. So it comes after.
    queueMicrotask(() => {
      box.current?.focus()
      box.current?.select()
    })
  }, [fault, takesFocus])
  const finish = (by: NameFieldEnd) => {
    if (done.current) return
    const typed = name.trim()
    const isRefused = fault !== undefined
    const isChanged = isRefused || name !== value
    if (by === "leaving" && isRefused && typed === value) return setTold(fault)
    if (by !== "escape" && isChanged && typed === "" && !isRefused && told === undefined) return setTold(needed)
    done.current = true
    onDone(by !== "escape" && isChanged && typed !== "" ? typed : undefined, by)
  }
  return (
    <>
      <input
        ref={box}
        className="name-field"
        dir="auto"
        aria-label={label}
        aria-invalid={told !== undefined}
        aria-describedby={faultId}
        value={name}
        maxLength={maxNameLength}
        onChange={(event) => {
          setTold(undefined)
          setName(event.target.value)
        }}
        onBlur={() => finish("leaving")}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === "Enter") finish("enter")
          if (event.key === "Escape") {
            // It is taken: elsewhere it stops the answer.
            event.preventDefault()
            finish("escape")
          }
        }}
      />
      <FormFault id={faultId} text={told} />
    </>
  )
}
