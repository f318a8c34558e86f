/**
 * What one process tells all of them as soon as it is committed, so that nobody has to ask again and again whether something changed. A notice may be
 * lost (a process dies, Postgres is away) and may come twice; it only ever says where to look. Whoever lives by them reads once after it began to
 * listen, and again now and then.
 */
import { Context, Effect, Layer, Schema } from "effect"
import type { Scope } from "effect"
import { ApiKeyId, ConversationId, PrincipalId, SessionId, TenantId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"

/** What is new in a person's list of conversations. */
export const ListChange = Schema.Union([
  /** Something was said in it: it is the most recent one now. */
  Schema.Struct({ type: Schema.Literal("moved"), conversationId: ConversationId, atMs: TimestampMs }),
  /** Made, renamed, kept elsewhere, with other people; or no longer there. */
  Schema.Struct({ type: Schema.Literal("changed"), conversationId: ConversationId }),
  Schema.Struct({ type: Schema.Literal("folders") }),
  /** More than was told. */
  Schema.Struct({ type: Schema.Literal("all") })
])
export type ListChange = typeof ListChange.Type

export const ListNotice = Schema.Struct({
  type: Schema.Literal("list"),
  tenantId: TenantId,
  /** Whose lists. */
  principalIds: Schema.Array(PrincipalId),
  change: ListChange
})
export type ListNotice = typeof ListNotice.Type

/** Some of these credentials are no longer good: of one person, or of everybody in the tenant. */
export const CredentialsNotice = Schema.Struct({
  type: Schema.Literal("credentials"),
  tenantId: TenantId,
  principalId: Schema.optionalKey(PrincipalId),
  /** The key, with the sessions that were had for it, or the session. */
  credentialId: Schema.optionalKey(Schema.Union([ApiKeyId, SessionId]))
})
export type CredentialsNotice = typeof CredentialsNotice.Type

export const Notice = Schema.Union([ListNotice, CredentialsNotice])
export type Notice = typeof Notice.Type

export interface NoticesPort {
  /** After the commit. Never fails and never waits. */
  readonly tell: (notice: Notice) => void
  /** Notices of this process and of all others, until the scope closes. `on` is synchronous and must not throw. */
  readonly listen: (on: (notice: Notice) => void) => Effect.Effect<void, never, Scope.Scope>
}

const reference = Context.Reference<NoticesPort>("@parley/domain/Notices", {
  defaultValue: () => ({ tell: () => {}, listen: () => Effect.void })
})

/** Where nothing is provided, nothing is told. */
export const Notices = Object.assign(reference, {
  /** One process that nobody else tells anything. */
  layerMemory: Layer.sync(reference, () => makeLocalNotices())
})

/** The listeners of one process. */
export const makeLocalNotices = (): NoticesPort => {
  const listeners = new Set<(notice: Notice) => void>()
  return {
    tell: (notice) => {
      for (const on of [...listeners]) on(notice)
    },
    listen: (on) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => listeners.add(on)),
          () => Effect.sync(() => listeners.delete(on))
        )
      )
  }
}
