/**
 * Keys and sessions that were looked up lately, by their hash (they themselves are not kept): what makes authentication a synchronous lookup.
 * Bounded in number and time; a revocation empties its entry at once, in this process and by notice in the others, and within
 * `SignInLimits.verifiedMs` where a notice was lost.
 */
import { Clock, Context, Deferred, Effect, Layer, Option, Semaphore } from "effect"
import type { Exit } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import { Forbidden, Unauthorized, Unavailable } from "@parley/domain/Errors"
import type { PrincipalId, TenantId } from "@parley/domain/Ids"
import { Notices } from "@parley/domain/Notices"
import { SystemSql } from "../storage/SystemSql.ts"
import { SignInLimits } from "./SignInLimits.ts"
import { findKey, markUsed } from "./KeyLookup.ts"
import type { CredentialId, FoundKey } from "./KeyLookup.ts"

/** How long a bad key is not asked about again. */
const refusedMs = 2_000
/** Past these the oldest is forgotten, so that inventing keys costs nobody else theirs. */
const maxVerified = 10_000
const maxRefused = 10_000
/** Lookups at once, and waiting for their turn; one more is told to come again. */
const maxLookups = 8
const maxWaiting = 2_000
const busyRetryAfterMs = 250
/** How often "last used" is written. */
const markEveryMs = 30_000

export type Verified = Omit<CallerInfo, "requestId">
export type KeyError = Unauthorized | Forbidden | Unavailable

interface Entry {
  readonly keyId: CredentialId
  readonly viaKeyId: CredentialId | null
  readonly tenantId: TenantId
  readonly caller: Verified
  /** Of the entry, or of the key itself where that is sooner. */
  readonly untilMs: number
}

/** Whose a credential is. */
export interface KeyOwner {
  readonly tenantId: TenantId
  readonly principalId: PrincipalId
}

interface Refusal {
  readonly error: Unauthorized | Forbidden
  readonly untilMs: number
}

export const unauthorized = new Unauthorized({ message: "the API key or session is missing, wrong, revoked or expired" })
const suspended = new Forbidden({ message: "the tenant is suspended" })

export class VerifiedKeys extends Context.Service<
  VerifiedKeys,
  {
    /** Undefined when the database must be asked. Synchronous: this is every request's way in. */
    readonly peek: (hash: string) => Verified | Unauthorized | Forbidden | undefined
    readonly lookup: (hash: string) => Effect.Effect<Verified, KeyError>
    /** A key with the sessions that were had for it, or one session; told to the other processes. Call after the revocation is committed. */
    readonly forgetKey: (owner: KeyOwner, keyId: CredentialId) => void
    /** After its status changed; told to the other processes. */
    readonly forgetTenant: (tenantId: TenantId) => void
  }
>()("@parley/runtime/identity/VerifiedKeys") {
  static readonly layer: Layer.Layer<VerifiedKeys, never, SystemSql> = Layer.effect(
    VerifiedKeys,
    Effect.suspend(() => make)
  )
}

const setBounded = <K, V>(map: Map<K, V>, max: number, key: K, value: V): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}

const make = Effect.gen(function* () {
  const systemSql = yield* SystemSql
  const notices = yield* Notices
  const { verifiedMs } = yield* SignInLimits
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const verified = new Map<string, Entry>()
  const refused = new Map<string, Refusal>()
  const underway = new Map<string, Deferred.Deferred<Verified, KeyError>>()
  const used = new Map<CredentialId, number>()
  const lookups = yield* Semaphore.make(maxLookups)
  /** Raised by every revocation: what was read before it may be out of date. */
  let generation = 0

  const judge = (hash: string, key: FoundKey | undefined): Verified | Unauthorized | Forbidden => {
    const nowMs = clock.currentTimeMillisUnsafe()
    const refuse = (error: Unauthorized | Forbidden) => {
      setBounded(refused, maxRefused, hash, { error, untilMs: nowMs + refusedMs })
      return error
    }
    if (key === undefined || key.revokedAtMs !== null) return refuse(unauthorized)
    if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return refuse(unauthorized)
    if (key.tenantStatus === "suspended") return refuse(suspended)
    const caller: Verified = {
      tenantId: key.tenantId,
      principalId: key.principalId,
      roles: key.roles,
      scopes: key.scopes
    }
    const untilMs = Math.min(nowMs + verifiedMs, key.expiresAtMs ?? Number.POSITIVE_INFINITY)
    setBounded(verified, maxVerified, hash, { keyId: key.keyId, viaKeyId: key.viaKeyId, tenantId: key.tenantId, caller, untilMs })
    setBounded(used, maxVerified, key.keyId, nowMs)
    return caller
  }

  /** Asks until no revocation came between the question and its answer. */
  const ask = (hash: string): Effect.Effect<Verified, KeyError> =>
    Effect.suspend(() => {
      const asked = generation
      return Effect.flatMap(findKey(systemSql, hash), (key) => {
        if (asked !== generation) return ask(hash)
        const judged = judge(hash, Option.getOrUndefined(key))
        return "_tag" in judged ? Effect.fail(judged) : Effect.succeed(judged)
      })
    })

  const forget = (isMeant: (entry: Entry) => boolean): void => {
    generation++
    for (const [hash, entry] of verified) if (isMeant(entry)) verified.delete(hash)
    refused.clear()
  }

  const forgetCredential = (id: CredentialId): void => forget(({ keyId, viaKeyId }) => keyId === id || viaKeyId === id)
  const forgetAllOf = (id: TenantId): void => forget(({ tenantId }) => tenantId === id)

  const mark = Effect.suspend(() => {
    const marks = new Map(used)
    used.clear()
    return markUsed(systemSql, marks)
  }).pipe(Effect.catchCause((cause) => Effect.logDebug("The last use of keys was not written", cause)))
  yield* Effect.addFinalizer(() => mark)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(markEveryMs), mark)))

  yield* notices.listen((notice) => {
    if (notice.type !== "credentials") return
    const { credentialId, tenantId } = notice
    if (credentialId === undefined) forgetAllOf(tenantId)
    else forgetCredential(credentialId)
  })

  return VerifiedKeys.of({
    peek: (hash) => {
      const nowMs = clock.currentTimeMillisUnsafe()
      const entry = verified.get(hash)
      if (entry !== undefined) {
        if (entry.untilMs > nowMs) return entry.caller
        verified.delete(hash)
        return undefined
      }
      const refusal = refused.get(hash)
      if (refusal === undefined) return undefined
      if (refusal.untilMs > nowMs) return refusal.error
      refused.delete(hash)
      return undefined
    },
    // One question serves everybody who asks it meanwhile, and is not taken back when the first of them leaves.
    lookup: (hash) =>
      Effect.suspend(() => {
        const asked = underway.get(hash)
        if (asked !== undefined) return Deferred.await(asked)
        if (underway.size >= maxWaiting) {
          return Effect.fail(
            new Unavailable({
              message: "too many unknown keys at once",
              retryAfterMs: busyRetryAfterMs,
              workMayHaveHappened: false
            })
          )
        }
        const answer = Deferred.makeUnsafe<Verified, KeyError>()
        underway.set(hash, answer)
        return lookups
          .withPermits(1)(ask(hash))
          .pipe(
            Effect.onExit((exit: Exit.Exit<Verified, KeyError>) => {
              underway.delete(hash)
              return Deferred.done(answer, exit)
            }),
            Effect.forkIn(scope),
            Effect.andThen(Deferred.await(answer))
          )
      }),
    forgetKey: ({ principalId, tenantId }, credentialId) => {
      forgetCredential(credentialId)
      notices.tell({ type: "credentials", tenantId, principalId, credentialId })
    },
    forgetTenant: (tenantId) => {
      forgetAllOf(tenantId)
      notices.tell({ type: "credentials", tenantId })
    }
  })
})
