/** The link that opens the app signed in. Its token is in the fragment, which no server and no log ever sees. */
import type { SignInLimitsValues } from "@parley/runtime/identity/SignInLimits"
import type { Settings } from "./Settings.ts"

export const linkOf = (address: string, token: string): string => `${address}/#sign-in=${token}`

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

export const signInLimitsOf = (settings: Settings): Partial<SignInLimitsValues> => ({
  sessionIdleMs: settings.sessionIdleHours * hourMs,
  sessionMaxMs: settings.sessionMaxHours * hourMs,
  verifiedMs: settings.keyCheckSeconds * secondMs,
  linkMs: settings.signInLinkMinutes * minuteMs
})
