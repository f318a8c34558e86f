import { Toast } from "@base-ui/react/toast"
import { useText } from "../i18n/useText.ts"
import { toastManager, type ToastAction } from "./notify.ts"

/** The place where `notify` speaks. */
export const Toasts = () => (
  <Toast.Provider toastManager={toastManager} limit={3}>
    <Toast.Portal>
      <Toast.Viewport className="toasts">
        <ToastList />
      </Toast.Viewport>
    </Toast.Portal>
  </Toast.Provider>
)

const ToastList = () => {
  const { close, toasts } = Toast.useToastManager<ToastAction>()
  const t = useText()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" swipeDirection="down">
      <Toast.Description className="toast-text" />
      {toast.data?.label === undefined ? (
        <Toast.Close>{t("action.dismiss")}</Toast.Close>
      ) : (
        <button
          type="button"
          onClick={() => {
            toast.data?.run()
            close(toast.id)
          }}
        >
          {toast.data.label}
        </button>
      )}
    </Toast.Root>
  ))
}
