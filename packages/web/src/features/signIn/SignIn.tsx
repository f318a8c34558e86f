import { useState } from "react"
import { errorText } from "../../client/errorText.ts"
import { ParleyApiError, ParleyConnectionError } from "../../client/sdk.ts"
import { Logo } from "../../design/Logo.tsx"
import { mayBeOnline } from "../../client/isOffline.ts"
import { useText } from "../../i18n/useText.ts"
import "./signIn.css"

interface SignInProps {
  /** What is told above the form: the link was used, the session is over. */
  readonly note?: string | undefined
  readonly onKey: (key: string) => Promise<void>
  /** Where nobody has answered yet: asks once more, with the link that one came by. */
  readonly onRetry?: (() => void) | undefined
}

/** For one who came without a link. */
export const SignIn = ({ note, onKey, onRetry }: SignInProps) => {
  const t = useText()
  const [key, setKey] = useState("")
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const submit = async (): Promise<void> => {
    setBusy(true)
    setFault(undefined)
    try {
      await onKey(key.trim())
    } catch (error) {
      if (error instanceof ParleyApiError && (error.status === 401 || error.status === 400)) setFault(t("signIn.refused"))
      else if (error instanceof ParleyConnectionError) setFault(t(mayBeOnline() ? "signIn.unreachable" : "error.offline"))
      else setFault(errorText(t, error))
      setBusy(false)
    }
  }
  return (
    <main className="sign-in">
      <form
        className="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Logo size={48} />
        <h1>{t("signIn.title")}</h1>
        <p>{note ?? t("signIn.lead")}</p>
        {onRetry === undefined ? null : (
          <button type="button" className="button" onClick={onRetry}>
            {t("action.retry")}
          </button>
        )}
        <label className="field">
          <span>{t("signIn.key")}</span>
          <input
            className="input"
            type="password"
            autoComplete="off"
            spellCheck={false}
            placeholder="pk_…"
            value={key}
            aria-invalid={fault !== undefined}
            aria-describedby="key-hint key-fault"
            onChange={(event) => setKey(event.target.value)}
          />
          <small id="key-hint">{t("signIn.keyHint")}</small>
          <span id="key-fault" className="field-fault" role="alert">
            {fault}
          </span>
        </label>
        <button type="submit" className="button" data-kind="primary" disabled={busy || key.trim() === ""}>
          {busy ? t("signIn.working") : t("signIn.continue")}
        </button>
      </form>
    </main>
  )
}
