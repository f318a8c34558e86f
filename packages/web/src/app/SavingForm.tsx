import type { ReactNode } from "react"
import { FormFault } from "../design/FormFault.tsx"
import type { Saving } from "./useSaving.ts"

interface SavingFormProps {
  readonly saving: Saving
  readonly onSave: () => Promise<void>
  readonly saveLabel: string
  /** The button beside it. */
  readonly other: { readonly label: string; readonly run: () => void }
  readonly children: ReactNode
}

/** A form that is saved as a whole. Why that was refused stands below it until something in it is changed. */
export const SavingForm = ({ children, onSave, other, saveLabel, saving }: SavingFormProps) => (
  <form
    className="form"
    onChange={saving.changed}
    onSubmit={(event) => {
      event.preventDefault()
      void onSave()
    }}
  >
    {children}
    <FormFault text={saving.fault} />
    <div className="dialog-actions">
      <button type="button" className="button" data-kind="quiet" onClick={other.run}>
        {other.label}
      </button>
      <button type="submit" className="button" data-kind="primary" disabled={saving.busy}>
        {saveLabel}
      </button>
    </div>
  </form>
)
