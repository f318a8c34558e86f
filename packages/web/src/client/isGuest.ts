import type { WhoAmI } from "./sdk.ts"
import { session } from "./session.ts"

/** One who came in by an invitation: takes part in that room, and may do nothing else. The server's `requireMembership`, the other way round. */
export const isGuest = ({ roles }: Pick<WhoAmI, "roles">): boolean => roles.every((role) => role === "guest")

/** Whoever is here now, where no part of the app can be asked. */
export const isGuestHere = (): boolean => {
  const present = session.getSnapshot()
  return present.status === "in" && isGuest(present.me)
}
