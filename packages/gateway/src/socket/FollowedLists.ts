/** The sockets of this process that are told what changes in their person's list of conversations. Synchronous. */
import type { PrincipalId, TenantId } from "@parley/domain/Ids"
import type { ListNotice } from "@parley/domain/Notices"
import { maxUnreadListBytes } from "./socketLimits.ts"
import type { SocketSession } from "./SocketSession.ts"
import { listChangedFrame } from "./writeFrame.ts"

export class FollowedLists {
  readonly #sessions = new Map<string, Set<SocketSession>>()
  /** Too far behind to be told more than that there is something. */
  readonly #behind = new Set<SocketSession>()

  follow(session: SocketSession): void {
    const key = keyOf(session.caller.tenantId, session.caller.principalId)
    const known = this.#sessions.get(key)
    if (known === undefined) this.#sessions.set(key, new Set([session]))
    else known.add(session)
  }

  leave(session: SocketSession): void {
    this.#behind.delete(session)
    const key = keyOf(session.caller.tenantId, session.caller.principalId)
    const known = this.#sessions.get(key)
    if (known?.delete(session) === true && known.size === 0) this.#sessions.delete(key)
  }

  /** One frame for all of them. */
  tell({ change, principalIds, tenantId }: ListNotice): void {
    let frame: string | undefined
    for (const principalId of principalIds) {
      for (const session of this.#sessions.get(keyOf(tenantId, principalId)) ?? []) {
        frame ??= listChangedFrame(change)
        if (session.bufferedBytes() < maxUnreadListBytes) session.post(frame)
        else this.#behind.add(session)
      }
    }
  }

  drained(session: SocketSession): void {
    if (this.#behind.size > 0 && this.#behind.delete(session)) session.post(listChangedFrame({ type: "all" }))
  }
}

const keyOf = (tenantId: TenantId, principalId: PrincipalId): string => `${tenantId} ${principalId}`
