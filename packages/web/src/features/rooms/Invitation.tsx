import { useEffect, useState } from "react"
import { useLocation } from "wouter"
import { errorText } from "../../client/errorText.ts"
import { parley } from "../../client/parley.ts"
import { ParleyApiError, type InvitePreview } from "../../client/sdk.ts"
import { enter } from "../../client/session.ts"
import { Logo } from "../../design/Logo.tsx"
import { useText } from "../../i18n/useText.ts"
import "../signIn/signIn.css"

type Seen =
  | { readonly status: "asking" }
  | { readonly status: "good"; readonly preview: InvitePreview }
  | { readonly status: "gone" }
  | { readonly status: "failed"; readonly error: unknown }

/** For one who follows a link into a room. */
export const Invitation = ({ token }: { readonly token: string }) => {
  const t = useText()
  const [, navigate] = useLocation()
  const [seen, setSeen] = useState<Seen>({ status: "asking" })
  const [name, setName] = useState("")
  const [busy, setBusy] = useState(false)
  const fail = (error: unknown) =>
    setSeen(error instanceof ParleyApiError && error.status === 404 ? { status: "gone" } : { status: "failed", error })

  useEffect(() => {
    parley.api.invites.previewInvite({ token }).then((preview) => setSeen({ status: "good", preview }), fail)
  }, [token])

  const join = async (): Promise<void> => {
    setBusy(true)
    try {
      const { conversationId, whoAmI } = await parley.api.invites.acceptInvite({ token, displayName: name.trim() })
      navigate(`/c/${conversationId}`, { replace: true })
      enter(whoAmI ?? (await parley.api.session.whoAmI()))
    } catch (error) {
      fail(error)
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
          <button type="button" className="button" onClick={() => location.assign("/")}>
            {t("share.openApp")}
          </button>
        </div>
      </main>
    )
  }
  const { invitedBy, tenant, title } = seen.preview
  return (
    <main className="sign-in">
      <form
        className="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault()
          void join()
        }}
      >
        <Logo size={48} />
        <h1 dir="auto">{t("invite.title", { title })}</h1>
        <p>{t("invite.lead", { name: invitedBy, tenant })}</p>
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
        <button type="submit" className="button" data-kind="primary" disabled={busy || name.trim() === ""}>
          {t("invite.join")}
        </button>
      </form>
    </main>
  )
}
