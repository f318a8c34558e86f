/** Who is here decides what is shown: the app, the way in, or an invitation. */
import { lazy, Suspense, type ReactNode } from "react"
import { signInWithKey, useSession } from "../client/session.ts"
import { Tooltips } from "../design/popups.tsx"
import { SignIn } from "../features/signIn/SignIn.tsx"
import { useText } from "../i18n/useText.ts"
import { SignedIn } from "./SignedIn.tsx"

// Said after the first paint at the earliest: what was told before waits in its manager.
const Toasts = lazy(async () => ({ default: (await import("../design/Toasts.tsx")).Toasts }))
const SharedPage = lazy(async () => ({ default: (await import("../features/share/SharedPage.tsx")).SharedPage }))
const Invitation = lazy(async () => ({ default: (await import("../features/rooms/Invitation.tsx")).Invitation }))

export const App = () => (
  <>
    <Entrance />
    <Suspense fallback={null}>
      <Toasts />
    </Suspense>
    <Tooltips />
  </>
)

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
      return <SignIn note={session.reason === undefined ? undefined : t(session.reason)} onKey={signInWithKey} />
    case "in":
      return <SignedIn key={session.me.principal.id} me={session.me} />
  }
}

const Waiting = ({ children }: { readonly children: ReactNode }) => <Suspense fallback={null}>{children}</Suspense>
