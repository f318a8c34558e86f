/** Says something in passing, from anywhere: what was done, with the way back, or what went wrong, with the way on. */
import { Toast } from "@base-ui/react/toast"

export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

export const toastManager = Toast.createToastManager<ToastAction>()

const shownMs = 6_000
/** Long enough to read and to reach its button. */
const shownWithActionMs = 10_000

export const notify = (text: string, options: { readonly action?: ToastAction; readonly isError?: boolean } = {}): void => {
  const { action, isError = false } = options
  toastManager.add({
    description: text,
    type: isError ? "error" : "note",
    timeout: action === undefined ? shownMs : shownWithActionMs,
    priority: isError ? "high" : "low",
    ...(action === undefined ? {} : { data: action })
  })
}
