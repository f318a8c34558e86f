import { useState } from "react"
import { errorText } from "../client/errorText.ts"
import { texts } from "../i18n/texts.ts"
import { useApp } from "./AppContext.ts"
import { useIsThere } from "./useIsThere.ts"

export interface Saving {
  readonly busy: boolean
  /** Why it is not saved. */
  readonly fault: string | undefined
  /** The field because of which that is; of what the server or the network refuses there is none. */
  readonly refused: string | undefined
  /** It cannot be saved so: says why, and because of which field. */
  readonly refuse: (field: string, fault: string) => void
  /** Something was changed: what was said of it may be true no more. */
  readonly changed: () => void
  /** Whether it was saved, and the form is still there to be closed. */
  readonly save: (run: () => unknown) => Promise<boolean>
}

/** For a form whose content the server keeps: it stays with what was typed until that is done. What fails once it was closed is told in passing. */
export const useSaving = (): Saving => {
  const { report } = useApp()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const [refused, setRefused] = useState<string>()
  const say = (fault: string | undefined, field?: string): void => {
    setFault(fault)
    setRefused(field)
  }
  const isThere = useIsThere()
  return {
    busy,
    fault,
    refused,
    refuse: (field, fault) => say(fault, field),
    changed: () => say(undefined),
    save: async (run) => {
      setBusy(true)
      say(undefined)
      try {
        await run()
        return isThere.current
      } catch (error) {
        if (isThere.current) say(errorText(texts.text(), error))
        else report(error)
        return false
      } finally {
        setBusy(false)
      }
    }
  }
}
