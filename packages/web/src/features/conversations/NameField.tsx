import { useEffect, useId, useRef, useState } from "react"
import { FormFault } from "../../design/FormFault.tsx"

interface NameFieldProps {
  readonly label: string
  readonly value: string
  /** Why what stands in it was not taken. */
  readonly fault: string | undefined
  /** Said of nothing, which is no name. */
  readonly needed: string
  /** Undefined: it was given up. */
  readonly onDone: (name: string | undefined) => void
}

const maxNameLength = 128

/** A name, changed where it stands: Enter and leaving keep it, Escape does not. */
export const NameField = ({ fault, label, needed, onDone, value }: NameFieldProps) => {
  const [name, setName] = useState(value)
  const [told, setTold] = useState(fault)
  const faultId = useId()
  const box = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  useEffect(() => {
    // It is there again: whoever writes elsewhere by now is left there.
    if (fault !== undefined && document.activeElement !== document.body) return
    // The menu that asked for it is gone with its button, and gives the focus to what had it before that; the field would be left, and be over. So it comes after.
    queueMicrotask(() => {
      box.current?.focus()
      box.current?.select()
    })
  }, [fault])
  const finish = (kept: boolean) => {
    if (done.current) return
    const isChanged = fault !== undefined || name !== value
    if (kept && isChanged && name.trim() === "") return setTold(needed)
    done.current = true
    onDone(kept && isChanged ? name.trim() : undefined)
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
      <FormFault id={faultId} text={told} />
    </>
  )
}
