/** How long people stay signed in, and the bounds of it. */
import { Context, Layer } from "effect"

export interface SignInLimitsValues {
  /** A session that was not used for so long is over … */
  readonly sessionIdleMs: number
  /** … and every session after so long. */
  readonly sessionMaxMs: number
  /** A sign-in link that was not used by then is no good. */
  readonly linkMs: number
  /** How long a key or a session that was good is believed, unless a notice says otherwise. */
  readonly verifiedMs: number
  /** Sessions of one person; one more ends the one that was used least lately. */
  readonly maxSessionsPerPrincipal: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export const defaultSignInLimits: SignInLimitsValues = {
  sessionIdleMs: 14 * dayMs,
  sessionMaxMs: 90 * dayMs,
  linkMs: hourMs,
  verifiedMs: 30_000,
  maxSessionsPerPrincipal: 50
}

const reference = Context.Reference<SignInLimitsValues>("@parley/runtime/identity/SignInLimits", {
  defaultValue: () => defaultSignInLimits
})

/** Has a default; `layer` changes some of it. */
export const SignInLimits = Object.assign(reference, {
  layer: (change: Partial<SignInLimitsValues>): Layer.Layer<never> =>
    Layer.succeed(reference, { ...defaultSignInLimits, ...change })
})
