import { FileText, X } from "lucide-react"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import type { Attachments } from "./useAttachments.ts"

export const AttachmentStrip = ({ attachments }: { readonly attachments: Attachments }) => {
  const t = useText()
  if (attachments.items.length === 0) return null
  return (
    <ul className="attachments">
      {attachments.items.map(({ id, isLeaving, name, part, preview, upload }) => (
        <li key={id} className="attachment" data-image={preview !== undefined || undefined}>
          {preview === undefined ? (
            part === undefined && upload === undefined ? (
              <span className="spinner" />
            ) : (
              <FileText aria-hidden />
            )
          ) : (
            <img src={preview} alt="" />
          )}
          <span className="attachment-name" dir="auto" title={contained(name)}>
            {contained(name)}
          </span>
          <button
            type="button"
            aria-label={t("composer.remove", { name })}
            disabled={isLeaving}
            onClick={() => attachments.remove(id)}
          >
            <X aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  )
}
