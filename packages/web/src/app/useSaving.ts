import { useState } from "react"
import { errorText } from "../client/errorText.ts"
import { texts } from "../i18n/texts.ts"
import { useApp } from "./AppContext.ts"
import { useIsThere } from "./useIsThere.ts"

export interface Saving {
  readonly busy: boolean
  /** Why it is not saved. */
  readonly fault: string | undefined
  /** It cannot be saved so: says why. */
  readonly refuse: (fault: string) => void
  /** Whether it was saved, and the form is still there to be closed. */
  readonly save: (run: () => unknown) => Promise<boolean>
}

/** For a form whose content the server keeps: it stays with what was typed until that is done. What fails once it was closed is told in passing. */
export const useSaving = (): Saving => {
  const { report } = useApp()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const isThere = useIsThere()
  return {
    busy,
    fault,
    refuse: setFault,
    save: async (run) => {
      setBusy(true)
      setFault(undefined)
      try {
        await run()
        return isThere.current
      } catch (error) {
        if (isThere.current) setFault(errorText(texts.text(), error))
        else report(error)
        return false
      } finally {
        setBusy(false)
      }
    }
  }
}
