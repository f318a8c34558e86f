import { Dialog as Base } from "@base-ui/react/dialog"
import { X } from "lucide-react"
import { useRef, type ReactNode } from "react"
import { useText } from "../i18n/useText.ts"
import { useBack } from "./useBack.ts"
import { useHeldKeys } from "./useHeldKeys.ts"

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  /** What has the focus afterwards, where the button that it was asked for with is gone by then. */
  readonly returnTo?: (() => HTMLElement | null) | undefined
  readonly children: ReactNode
}

/** What somebody came for: what is to be filled in, else what is to be pressed. */
const first = ".dialog-body :is([role=tab], .input, .button)"

/** Shown as long as it is rendered. Its first field takes the focus, under a finger too, and it gives it back to where it was. */
export const Dialog = ({ children, onClose, returnTo, title, wide = false }: DialogProps) => {
  const t = useText()
  const popup = useRef<HTMLDivElement>(null)
  useBack(true, onClose)
  useHeldKeys(onClose, popup)
  return (
    <Base.Root defaultOpen onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Popup
          ref={popup}
          className="dialog"
          data-wide={wide || undefined}
          initialFocus={() => popup.current?.querySelector<HTMLElement>(first) ?? true}
          {...(returnTo === undefined ? {} : { finalFocus: returnTo })}
        >
          <header>
            <Base.Title>{title}</Base.Title>
            <Base.Close className="icon-button" aria-label={t("action.close")}>
              <X aria-hidden />
            </Base.Close>
          </header>
          <div className="dialog-body">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
