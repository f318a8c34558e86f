import { Trash2 } from "lucide-react"
import { useEffect, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import type { Share } from "../../client/sdk.ts"
import { CopyField } from "../../design/CopyField.tsx"
import { Dialog } from "../../design/Dialog.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { notify } from "../../design/notify.ts"
import { contained } from "../../i18n/bidi.ts"
import { presentLocale } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"

interface ShareDialogProps {
  readonly conversationId: string
  /** The branch that is shown ends here. */
  readonly messageId: string | undefined
  readonly onClose: () => void
}

export const ShareDialog = ({ conversationId, messageId, onClose }: ShareDialogProps) => {
  const t = useText()
  const { parley, report } = useApp()
  const [shares, setShares] = useState<ReadonlyArray<Share>>([])
  const [link, setLink] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    parley.api.shares.listShares({ id: conversationId }).then(setShares, report)
  }, [conversationId, parley, report])
  const good = shares.filter(({ revokedAtMs }) => revokedAtMs === null)

  const make = async (): Promise<void> => {
    setBusy(true)
    try {
      const { share, token } = await parley.api.shares.createShare({
        id: conversationId,
        ...(messageId === undefined ? {} : { messageId })
      })
      setShares((before) => [share, ...before])
      setLink(`${location.origin}/s#${token}`)
    } catch (error) {
      report(error)
    }
    setBusy(false)
  }
  const revoke = async (id: string): Promise<void> => {
    try {
      await parley.api.shares.revokeShare({ id })
      setShares((before) => before.filter((share) => share.id !== id))
      if (shares[0]?.id === id) setLink(undefined)
      notify(t("share.revoked"), { place: conversationId })
    } catch (error) {
      report(error)
    }
  }

  return (
    <Dialog title={t("share.title")} onClose={onClose}>
      <p className="dialog-note">{t("share.hint")}</p>
      {link === undefined ? (
        <div>
          <button type="button" className="button" data-kind="primary" disabled={busy} onClick={() => void make()}>
            {t("share.create")}
          </button>
        </div>
      ) : (
        <CopyField label={t("share.copy")} value={link} />
      )}
      {good.length === 0 ? null : (
        <section className="form">
          <h3>{t("share.existing")}</h3>
          <ul className="entries">
            {good.map(({ createdAtMs, id, title }) => (
              <li key={id}>
                <span className="entry-text" dir="auto">
                  <strong>{contained(title)}</strong>
                  <small>{t("share.made", { date: new Date(createdAtMs).toLocaleString(presentLocale()) })}</small>
                </span>
                <IconButton size="small" label={t("share.revoke")} onClick={() => void revoke(id)}>
                  <Trash2 aria-hidden />
                </IconButton>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  )
}
