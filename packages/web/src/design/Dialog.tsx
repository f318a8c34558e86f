import { Dialog as Base } from "@base-ui/react/dialog"
import { X } from "lucide-react"
import type { ReactNode } from "react"
import { useText } from "../i18n/useText.ts"

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  readonly children: ReactNode
}

/** Shown as long as it is rendered. It takes the focus, and gives it back to where it was. */
export const Dialog = ({ children, onClose, title, wide = false }: DialogProps) => {
  const t = useText()
  return (
    <Base.Root defaultOpen onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Popup className="dialog" data-wide={wide || undefined}>
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
