/** Who is here decides what is shown: the app, the way in, or an invitation. */
import { lazy, Suspense, useState, type ReactNode } from "react"
import { signInWithKey, startSession, useSession, type OutReason } from "../client/session.ts"
import { fetched } from "../design/fetched.tsx"
import { Tooltips } from "../design/popups.tsx"
import { SignIn } from "../features/signIn/SignIn.tsx"
import { useText } from "../i18n/useText.ts"
import { SignedIn } from "./SignedIn.tsx"

// Said after the first paint at the earliest: `notify` holds what was told before.
const Toasts = fetched(async () => (await import("../design/Toasts.tsx")).Toasts)
const SharedPage = lazy(async () => ({ default: (await import("../features/share/SharedPage.tsx")).SharedPage }))
const Invitation = lazy(async () => ({ default: (await import("../features/rooms/Invitation.tsx")).Invitation }))

export const App = () => (
  <>
    <Entrance />
    <Notes />
    <Tooltips />
  </>
)

/** The place of notes: asked for again when there is a network, where it could not be had. */
const Notes = () => {
  const [asked, setAsked] = useState(0)
  const askAgain = () => addEventListener("online", () => setAsked((before) => before + 1), { once: true })
  return <Toasts key={asked} onMissing={askAgain} />
}

/** Reasons that may be gone at the next try. */
const mayChange: ReadonlySet<OutReason> = new Set(["signIn.unreachable", "signIn.notRemoved", "error.offline"])

const Entrance = () => {
  const t = useText()
  const session = useSession()
  switch (session.status) {
    case "unknown":
      // What `index.html` shows until there is something stays.
      return null
    case "invited":
      return (
        <Waiting>
          <Invitation token={session.token} />
        </Waiting>
      )
    case "shared":
      return (
        <Waiting>
          <SharedPage token={session.token} />
        </Waiting>
      )
    case "out":
      return (
        <SignIn
          note={session.reason === undefined ? undefined : t(session.reason)}
          onKey={signInWithKey}
          onRetry={session.reason !== undefined && mayChange.has(session.reason) ? () => void startSession() : undefined}
        />
      )
    case "in":
      return <SignedIn key={session.me.principal.id} me={session.me} />
  }
}

const Waiting = ({ children }: { readonly children: ReactNode }) => <Suspense fallback={null}>{children}</Suspense>
