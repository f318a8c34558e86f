import { UserMinus } from "lucide-react"
import { useEffect, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { useChat } from "../../client/useChat.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { CopyField } from "../../design/CopyField.tsx"
import { Dialog } from "../../design/Dialog.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { notify } from "../../design/notify.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import "./rooms.css"

interface PeopleDialogProps {
  readonly conversationId: string
  readonly onClose: () => void
}

export const PeopleDialog = ({ conversationId, onClose }: PeopleDialogProps) => {
  const t = useText()
  const { isGuest, me, parley, report } = useApp()
  const [, { members, online, status }] = useChat(conversationId)
  // Whoever has left, or was removed, has nobody here any more, and nothing to invite to.
  useEffect(() => {
    if (status === "gone") onClose()
  }, [onClose, status])
  const isOwner = members.some(({ principalId, role }) => principalId === me.principal.id && role === "owner")
  // No way leads back but another invitation: it is asked first.
  const ask = (principalId: string, displayName: string) => {
    const isOwn = principalId === me.principal.id
    const run = () => void parley.api.conversations.removeMember({ id: conversationId, principalId }).catch(report)
    notify(isOwn ? t("people.leaveAsk") : t("people.removeAsk", { name: displayName }), {
      action: { label: t(isOwn ? "people.leave" : "people.removeNow"), run },
      place: conversationId
    })
  }
  return (
    <Dialog title={t("people.title")} onClose={onClose}>
      <ul className="people">
        {members.map(({ displayName, principalId, role }) => (
          <li key={principalId}>
            <Avatar of="person" name={displayName} online={online.includes(principalId)} />
            <span className="people-name">
              <bdi>{contained(displayName)}</bdi>
              {principalId === me.principal.id ? <small> {t("message.you")}</small> : null}
            </span>
            <small>
              {role === "owner" ? t("people.owner") : ""}
              {online.includes(principalId) ? <span className="visually-hidden"> {t("people.here")}</span> : null}
            </small>
            {role === "owner" || !(isOwner || principalId === me.principal.id) ? null : (
              <IconButton
                size="small"
                label={principalId === me.principal.id ? t("people.leave") : t("people.remove", { name: displayName })}
                onClick={() => ask(principalId, displayName)}
              >
                <UserMinus aria-hidden />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {isGuest ? null : <InviteForm conversationId={conversationId} />}
    </Dialog>
  )
}

const places = [1, 5, 25] as const

const InviteForm = ({ conversationId }: { readonly conversationId: string }) => {
  const t = useText()
  const { parley, report } = useApp()
  const [maxUses, setMaxUses] = useState<number>(1)
  const [link, setLink] = useState<string>()
  const [busy, setBusy] = useState(false)
  const make = async (): Promise<void> => {
    setBusy(true)
    try {
      const { token } = await parley.api.invites.createInvite({ id: conversationId, maxUses })
      setLink(`${location.origin}/#invite=${token}`)
    } catch (error) {
      report(error)
    }
    setBusy(false)
  }
  return (
    <section className="invite">
      <h3>{t("people.invite")}</h3>
      <p className="dialog-note">{t("people.inviteHint")}</p>
      {link === undefined ? (
        <div className="field-row">
          <label className="invite-places">
            {t("people.places")}
            <select className="input" value={maxUses} onChange={(event) => setMaxUses(Number(event.target.value))}>
              {places.map((count) => (
                <option key={count}>{count}</option>
              ))}
            </select>
          </label>
          <button type="button" className="button" data-kind="primary" disabled={busy} onClick={() => void make()}>
            {t("people.make")}
          </button>
        </div>
      ) : (
        <CopyField label={t("people.link")} value={link} />
      )}
    </section>
  )
}
