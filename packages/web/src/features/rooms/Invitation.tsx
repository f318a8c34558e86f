import { useEffect, useState } from "react"
import { useLocation } from "wouter"
import { errorText } from "../../client/errorText.ts"
import { parley } from "../../client/parley.ts"
import { ParleyApiError, type InvitePreview, type WhoAmI } from "../../client/sdk.ts"
import { enter } from "../../client/session.ts"
import { Logo } from "../../design/Logo.tsx"
import { useText } from "../../i18n/useText.ts"
import "../signIn/signIn.css"

type Seen =
  | { readonly status: "asking" }
  /** `me`: who is signed in at the same place already, and joins as who they are. */
  | { readonly status: "good"; readonly preview: InvitePreview; readonly me: WhoAmI | undefined }
  | { readonly status: "gone" }
  | { readonly status: "failed"; readonly error: unknown }

/** For one who follows a link into a room. */
export const Invitation = ({ token }: { readonly token: string }) => {
  const t = useText()
  const [, navigate] = useLocation()
  const [seen, setSeen] = useState<Seen>({ status: "asking" })
  const [name, setName] = useState("")
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>()
  const [tries, setTries] = useState(0)

  useEffect(() => {
    ask(token).then(setSeen, (error: unknown) => setSeen(isGone(error) ? { status: "gone" } : { status: "failed", error }))
  }, [token, tries])

  const join = async (displayName: string): Promise<void> => {
    setBusy(true)
    setFault(undefined)
    try {
      const { conversationId, whoAmI } = await parley.api.invites.acceptInvite({ token, displayName })
      navigate(`/c/${conversationId}`, { replace: true })
      await enter(whoAmI ?? (await parley.api.session.whoAmI()))
    } catch (error) {
      if (isGone(error)) setSeen({ status: "gone" })
      // What was filled in stays, for another try.
      else setFault(error)
      setBusy(false)
    }
  }

  if (seen.status === "asking") return <main className="sign-in" aria-busy />
  if (seen.status !== "good") {
    return (
      <main className="sign-in">
        <div className="sign-in-card">
          <Logo size={48} />
          <h1>{t("app.name")}</h1>
          <p role="alert">{seen.status === "gone" ? t("invite.gone") : errorText(t, seen.error)}</p>
          {seen.status === "gone" ? null : (
            <button type="button" className="button" data-kind="primary" onClick={() => setTries(tries + 1)}>
              {t("action.retry")}
            </button>
          )}
          <button type="button" className="button" onClick={() => location.assign("/")}>
            {t("share.openApp")}
          </button>
        </div>
      </main>
    )
  }
  const { me, preview } = seen
  const { invitedBy, tenant, title } = preview
  const asWhom = me === undefined ? name.trim() : me.principal.displayName
  return (
    <main className="sign-in">
      <form
        className="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault()
          void join(asWhom)
        }}
      >
        <Logo size={48} />
        <h1 dir="auto">{t("invite.title", { title })}</h1>
        <p>{t("invite.lead", { name: invitedBy, tenant })}</p>
        {me === undefined ? (
          <label className="field">
            <span>{t("invite.name")}</span>
            <input
              className="input"
              autoComplete="name"
              dir="auto"
              maxLength={128}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <small>{t("invite.nameHint")}</small>
          </label>
        ) : (
          <p dir="auto">{t("invite.asYou", { name: me.principal.displayName })}</p>
        )}
        {fault === undefined ? null : (
          <p className="field-fault" role="alert">
            {errorText(t, fault)}
          </p>
        )}
        <button type="submit" className="button" data-kind="primary" disabled={busy || asWhom === ""}>
          {fault === undefined ? t("invite.join") : t("action.retry")}
        </button>
      </form>
    </main>
  )
}

/** What may be known before one joins, and whether one is known there. */
const ask = async (token: string): Promise<Seen> => {
  const [preview, me] = await Promise.all([
    parley.api.invites.previewInvite({ token }),
    parley.api.session.whoAmI().catch(() => undefined)
  ])
  return { status: "good", preview, me: me?.tenant.name === preview.tenant ? me : undefined }
}

const isGone = (error: unknown): boolean => error instanceof ParleyApiError && error.status === 404
