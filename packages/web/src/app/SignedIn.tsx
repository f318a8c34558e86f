import { useCallback, useEffect, useMemo, useState } from "react"
import { useLocation, useRoute } from "wouter"
import { ConversationLists } from "../client/ConversationLists.ts"
import { errorText } from "../client/errorText.ts"
import { isGuest } from "../client/isGuest.ts"
import { parley } from "../client/parley.ts"
import type { WhoAmI } from "../client/sdk.ts"
import { unsent } from "../client/indexedDbOutbox.ts"
import { isSignedIn, signOut } from "../client/session.ts"
import { Unread } from "../client/Unread.ts"
import { closeNotes, notify } from "../design/notify.ts"
import { GuestPage } from "../features/rooms/GuestPage.tsx"
import { followNotices } from "../features/settings/notifications.ts"
import { ConversationPage } from "../features/thread/ConversationPage.tsx"
import { NoSuchPage } from "../features/thread/NoSuchPage.tsx"
import { NewPage } from "../features/welcome/NewPage.tsx"
import { texts } from "../i18n/texts.ts"
import { AppProvider, useApp, type AppValue, type OpenDialog } from "./AppContext.ts"
import { Dialogs } from "./Dialogs.tsx"
import { Shell } from "./Shell.tsx"

/** What was written and not sent goes with the session: then it is asked first. In a note, which needs no network as a dialog's own part does. */
const askAndLeave = async (lists: ConversationLists): Promise<void> => {
  const leave = async (): Promise<void> => {
    // What was deleted is deleted by whoever did it.
    await lists.settle()
    await signOut()
  }
  const count = await unsent()
  if (count === 0) return leave()
  const t = texts.text()
  notify(t("signOut.unsent", { count }), { action: { label: t("signOut.anyway"), run: () => void leave() } })
}

const conversationId = /^cnv_[0-9a-hjkmnp-tv-z]{26}$/

const Elsewhere = ({ isLost }: { readonly isLost: boolean }) => {
  const { isGuest } = useApp()
  if (isLost) return <NoSuchPage />
  return isGuest ? <GuestPage /> : <NewPage />
}

export const SignedIn = ({ me }: { readonly me: WhoAmI }) => {
  const [, navigate] = useLocation()
  const [isConversation, route] = useRoute("/c/:id")
  const activeId = isConversation && conversationId.test(route.id) ? route.id : undefined
  const [dialog, setDialog] = useState<OpenDialog>()
  // What a request that outlives the session brings is told to nobody.
  const report = useCallback((error: unknown) => {
    if (isSignedIn()) notify(errorText(texts.text(), error), { isError: true })
  }, [])
  const lists = useMemo(() => new ConversationLists(parley, me.principal.id, report), [me, report])
  const unread = useMemo(() => new Unread(lists.state), [lists])
  const value = useMemo<AppValue>(
    () => ({
      parley,
      lists,
      unread,
      me,
      isGuest: isGuest(me),
      report,
      signOut: () => void askAndLeave(lists),
      open: setDialog,
      startNew: () => navigate("/")
    }),
    [lists, me, navigate, report, unread]
  )
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") lists.refreshIfOld()
    }
    const settle = () => void lists.settle()
    const stopUnread = unread.follow()
    const stop = lists.follow()
    // At once, and again when it is certain that nothing that follows is missed.
    void lists.refresh()
    document.addEventListener("visibilitychange", look)
    addEventListener("pagehide", settle)
    return () => {
      stop()
      stopUnread()
      document.removeEventListener("visibilitychange", look)
      removeEventListener("pagehide", settle)
    }
  }, [lists, unread])
  useEffect(() => unread.open(activeId), [activeId, unread])
  useEffect(() => closeNotes, [])
  useEffect(() => followNotices(navigate), [navigate])
  return (
    <AppProvider value={value}>
      <Shell activeId={activeId}>
        {activeId !== undefined ? <ConversationPage key={activeId} id={activeId} /> : <Elsewhere isLost={isConversation} />}
      </Shell>
      {dialog === undefined ? null : <Dialogs dialog={dialog} onClose={() => setDialog(undefined)} />}
    </AppProvider>
  )
}
