import { Toast } from "@base-ui/react/toast"
import { useEffect } from "react"
import { onFrame } from "../client/onFrame.ts"
import { useText } from "../i18n/useText.ts"
import { maxShown, placed, toastManager, type ToastAction } from "./notify.ts"

/** The place where `notify` speaks. */
export const Toasts = () => (
  <Toast.Provider toastManager={toastManager} limit={maxShown}>
    <Toast.Portal>
      <Toast.Viewport className="toasts">
        <ToastList />
      </Toast.Viewport>
    </Toast.Portal>
  </Toast.Provider>
)

const ToastList = () => {
  // After the provider has begun to listen: its own effects come after its children's.
  useEffect(() => onFrame(placed), [])
  const { close, toasts } = Toast.useToastManager<ToastAction>()
  const t = useText()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" swipeDirection="down">
      <Toast.Description className="toast-text" {...(toast.type === "error" ? { role: "alert" } : {})} />
      {/* Not Base UI's own, which is hidden from who hears the page until a pointer is over it. */}
      <button
        type="button"
        onClick={() => {
          toast.data?.run()
          close(toast.id)
        }}
      >
        {toast.data?.label ?? t("action.dismiss")}
      </button>
    </Toast.Root>
  ))
}
