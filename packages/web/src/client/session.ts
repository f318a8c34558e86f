/** Who is signed in. The session itself is a cookie that no script sees; here is only what the server tells of it. */
import { useSyncExternalStore } from "react"
import { AskAgain } from "./AskAgain.ts"
import { emptyDatabase } from "./database.ts"
import { removeDrafts } from "./drafts.ts"
import { mayBeOnline } from "./isOffline.ts"
import { keepAgain, keeps, stopKeeping } from "./keeping.ts"
import { NotRemovedError } from "./NotRemovedError.ts"
import { removeNotes } from "./outboxNotes.ts"
import { parley } from "./parley.ts"
import { ParleyApiError, type WhoAmI } from "./sdk.ts"
import { removeUnread } from "./Unread.ts"
import { Value } from "./Value.ts"

/** Why one is not in, as the catalogues call it. */
export type OutReason = "signIn.linkUsed" | "signIn.unreachable" | "signIn.over" | "signIn.notRemoved" | "error.offline"

export type Session =
  | { readonly status: "unknown" }
  | { readonly status: "out"; readonly reason?: OutReason }
  | { readonly status: "invited"; readonly token: string }
  | { readonly status: "shared"; readonly token: string }
  | { readonly status: "in"; readonly me: WhoAmI }

export const session = new Value<Session>({ status: "unknown" })

export const isSignedIn = (): boolean => session.getSnapshot().status === "in"

/** Kept so that the app opens without a network, with what this device has of the same person. */
const knownKey = "parley.me"
/** Whose the drafts, conversations and unsent messages on this device are. */
const principalKey = "parley.principal"
/** There from the first moment of a sign-out to its end, another value each time that other tabs are told of it. */
const leavingKey = "parley.leaving"

export const useSession = (): Session => useSyncExternalStore(session.subscribe, session.getSnapshot)

/** Reads what the address brings and asks who is here. */
export const startSession = (): Promise<void> => (starting ??= start().finally(() => (starting = undefined)))

let starting: Promise<void> | undefined

const start = async (): Promise<void> => {
  again.stop()
  // Stays in the address: a link that is read is a link that is passed on.
  if (location.pathname === "/s") return session.set({ status: "shared", token: location.hash.slice(1) })
  const { signIn, invite } = readFragment()
  // Stays there too until one has joined: an invitation that is loaded again is the same one.
  if (invite !== undefined) return session.set({ status: "invited", token: invite })
  try {
    if (signIn === undefined) return await enter(await parley.api.session.whoAmI())
    const me = await parley.api.session.signIn({ token: signIn })
    clearFragment()
    await enter(me)
  } catch (error) {
    // By a key, meanwhile.
    if (isSignedIn()) return
    if (error instanceof NotRemovedError) return leave("signIn.notRemoved")
    if (signIn !== undefined && isRefusedLink(error)) {
      clearFragment()
      return enterAnyway()
    }
    if (signIn === undefined && isRefusal(error)) {
      if (isLeaving()) await removeAll().catch(() => {})
      return leave()
    }
    // Nobody has said no: a link stays in the address for another try, and who was here is let in as without a network.
    const known = readKnown()
    if (known !== undefined) return letIn(known)
    session.set({ status: "out", reason: mayBeOnline() ? "signIn.unreachable" : "error.offline" })
    again.later()
  }
}

const again = new AskAgain(() => {
  if (!isSignedIn()) void startSession()
})

/** A link that was used, by whoever came in with it perhaps. */
const enterAnyway = async (): Promise<void> => {
  try {
    await enter(await parley.api.session.whoAmI())
  } catch (error) {
    leave(error instanceof NotRemovedError ? "signIn.notRemoved" : "signIn.linkUsed")
  }
}

/** Of whom this page knows something: chosen files, and what the client library holds. */
let pageOf: string | undefined

const letIn = (me: WhoAmI): void => {
  pageOf = me.principal.id
  session.set({ status: "in", me })
}

/** The server knows no session of this browser's, or none that may come in. What a proxy says while the server is away is neither. */
const isRefusal = (error: unknown): boolean => error instanceof ParleyApiError && (error.status === 401 || error.status === 403)

/** The token is no good, and will not become so. */
const isRefusedLink = (error: unknown): boolean =>
  error instanceof ParleyApiError && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429

export const signInWithKey = async (key: string): Promise<void> => enter(await parley.api.session.signIn({ apiKey: key }))

/** Rejects with `NotRemovedError` where somebody else was here whose things stay: of those nothing may be shown, nor sent in this person's name. */
export const enter = async (me: WhoAmI): Promise<void> => {
  const before = stored(principalKey)
  if (before !== null && before !== me.principal.id) {
    // What is open there goes out in this person's name from now on.
    tellTabs(cameIn)
    try {
      await removeAll()
    } catch (cause) {
      throw new NotRemovedError("what somebody else left is still here", { cause })
    }
    return location.reload()
  }
  try {
    localStorage.setItem(knownKey, JSON.stringify(me))
    localStorage.setItem(principalKey, me.principal.id)
    localStorage.removeItem(leavingKey)
  } catch {
    // Storage is refused: only the way in without a network is lost.
  }
  // It has stopped keeping what is written here.
  if (!keeps()) return startAnew()
  // In another tab somebody else came in meanwhile: what the device had of the first is gone, and what this page has goes with it.
  if (pageOf !== undefined && pageOf !== me.principal.id) return startAnew()
  letIn(me)
  parley.connect()
}

export const signOut = async (): Promise<void> => {
  stopKeeping()
  tellTabs()
  await parley.api.session.signOut().catch(() => {})
  // Again: one that was opened meanwhile may have come in.
  tellTabs()
  // The next page does it where it cannot be done now.
  await removeAll().catch(() => {})
  forget()
  // A page that holds nothing of whoever was here.
  location.assign("/")
}

/** Before another one's value of `leavingKey`: whoever was here before is out already. */
const cameIn = "came in "

/** Other tabs hear by the storage that somebody signs out, and has. A session that only runs out takes nothing from there but who is known. */
const tellTabs = (what = ""): void => {
  try {
    localStorage.setItem(leavingKey, what + String(Math.random()))
  } catch {
    // Storage is refused: there is nothing.
  }
}

/** A sign-out began, and its page was closed before its end. */
const isLeaving = (): boolean => stored(leavingKey) !== null

/** Null where storage is refused, too. */
const stored = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/**
 * Nothing of whoever was here stays on this device. Whose it was goes last: until then it is not taken for that of whoever comes in next. Rejects where
 * something may be left.
 */
const removeAll = async (): Promise<void> => {
  removeDrafts()
  removeNotes()
  removeUnread()
  await emptyDatabase()
  try {
    localStorage.removeItem(principalKey)
    localStorage.removeItem(leavingKey)
  } catch {
    // Storage is refused: there is nothing.
  }
}

/** For as long as the page lives. */
export const followTabs = (): void =>
  addEventListener("storage", ({ key, newValue }) => {
    if (key === leavingKey && newValue !== null) return leavesElsewhere(newValue.startsWith(cameIn))
    if (key === principalKey && newValue !== null) {
      // Somebody else came in: what this page would send now went out in that person's name.
      if (pageOf !== undefined && pageOf !== newValue) startAsAnother()
    } else if (key === knownKey && newValue === null && !keeps() && isSignedIn()) endHere()
  })

/** Longest that signing out in another tab is waited for, in milliseconds: somewhat longer than a question to the server may take. */
const signOutTimeoutMs = 35_000

/** Nothing is kept while another tab signs out. It may be closed before it has: then whoever is here stays, and what they write is kept again. */
const leavesElsewhere = (isOut: boolean): void => {
  stopKeeping()
  clearTimeout(lookAgain)
  const look = async (): Promise<void> => {
    if (keeps() || !isSignedIn()) return
    try {
      const { principal } = await parley.api.session.whoAmI()
      if (principal.id !== pageOf) return startAsAnother()
      keepAgain()
      localStorage.removeItem(leavingKey)
    } catch (error) {
      if (isRefusal(error)) return endHere()
      lookAgain = setTimeout(look, signOutTimeoutMs)
    }
  }
  if (isOut) void look()
  else lookAgain = setTimeout(look, signOutTimeoutMs)
}

let lookAgain: ReturnType<typeof setTimeout> | undefined

/** Nor does the address mean anything to whoever is here now. */
const startAsAnother = (): void => {
  history.replaceState(null, "", "/")
  startAnew()
}

/** They signed out in another tab, which may not have seen yet what this one wrote last. */
const endHere = (): void => {
  removeDrafts()
  removeNotes()
  removeUnread()
  startAnew()
}

/** A page that knows nothing of whoever was here, at the same address. */
const startAnew = (): void => {
  stopKeeping()
  location.reload()
}

/** The server closed the socket for good: is it that it does not know the session any more? */
parley.connection.subscribe(() => {
  if (parley.connection.getSnapshot().state !== "refused" || session.getSnapshot().status !== "in") return
  parley.api.session.whoAmI().then(
    () => {},
    (error: unknown) => {
      if (!isRefusal(error)) return
      // Signed out in another tab: nothing of what was written here is kept.
      if (keeps()) leave("signIn.over")
      else endHere()
    }
  )
})

const leave = (reason?: OutReason): void => {
  forget()
  session.set(reason === undefined ? { status: "out" } : { status: "out", reason })
}

const forget = (): void => {
  try {
    localStorage.removeItem(knownKey)
  } catch {
    // Storage is refused: there is nothing.
  }
}

const readKnown = (): WhoAmI | undefined => {
  try {
    const text = stored(knownKey)
    const value: unknown = text === null ? undefined : JSON.parse(text)
    return isWhoAmI(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isWhoAmI = (value: unknown): value is WhoAmI =>
  typeof value === "object" &&
  value !== null &&
  "principal" in value &&
  typeof value.principal === "object" &&
  "tenant" in value &&
  typeof value.tenant === "object"

/** What a link says after its `#`. */
const readFragment = (): { readonly signIn: string | undefined; readonly invite: string | undefined } => {
  const match = /^#(sign-in|invite)=(.+)$/.exec(location.hash)
  if (match === null) return { signIn: undefined, invite: undefined }
  return match[1] === "invite" ? { signIn: undefined, invite: match[2] } : { signIn: match[2], invite: undefined }
}

/** A token that was used, or never will be, does not stay in the address, nor in the history. */
const clearFragment = (): void => history.replaceState(history.state, "", location.pathname + location.search)
