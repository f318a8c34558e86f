/** The followers of a conversation in this process, who is here and who is typing. It outlives a restart of its actor. Synchronous. */
import type { ConversationId, PrincipalId, RunId } from "@parley/domain/Ids"
import type { PresenceFrame, RoomEventFrame } from "@parley/domain/RoomFrame"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { ClosedRun, StoredRoomEvent } from "../storage/ConversationStore.ts"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { EventLoopPort } from "./EventLoop.ts"
import { closedFrame } from "./runFrames.ts"
import type { LocalFollower } from "./LocalFollower.ts"
import type { FollowedLog } from "./Subscriber.ts"

export class Room {
  readonly followers = new Set<LocalFollower>()
  private readonly conversationId: ConversationId
  private readonly limits: Pick<ConversationLimitsValues, "typingExpiresMs">
  private readonly loop: EventLoopPort
  /** A follower lacks room events and could take them now. */
  private readonly onGap: (follower: LocalFollower) => void
  /** By who types, what ends it. */
  private readonly typing = new Map<PrincipalId, () => void>()
  private isPresenceAsked = false

  constructor(
    conversationId: ConversationId,
    limits: Pick<ConversationLimitsValues, "typingExpiresMs">,
    loop: EventLoopPort,
    onGap: (follower: LocalFollower) => void
  ) {
    this.conversationId = conversationId
    this.limits = limits
    this.loop = loop
    this.onGap = onGap
  }

  tell(events: ReadonlyArray<StoredRoomEvent>): void {
    for (const { event, seq } of events) {
      const frame: RoomEventFrame = { type: "room", conversationId: this.conversationId, seq, event }
      const text = JSON.stringify(frame)
      for (const follower of this.followers) {
        if (!follower.tellRoom(seq, text) && !follower.isRoomFull) this.onGap(follower)
      }
    }
  }

  /** A new run: who follows the room follows it from its first event on. */
  tellRun(log: FollowedLog): void {
    for (const follower of this.followers) {
      if (follower.roomSeq !== null) follower.subscribe(log)?.startLive()
    }
  }

  /**
   * A run goes on in another log: who followed the lost one follows this one; and who lacks room events up to `roomSeq`, and so may not have been
   * told of the run at all.
   */
  moveRun(runId: RunId, log: FollowedLog, roomSeq: number): void {
    for (const follower of this.followers) {
      const subscription = follower.subscription(runId)
      if (subscription !== undefined) subscription.moveTo(log)
      else if (follower.roomSeq !== null && follower.roomSeq < roomSeq) follower.subscribe(log)?.startLive()
    }
  }

  /** The run is over, and its log is not what was stored. */
  endRun(runId: RunId, closed: ClosedRun): void {
    const text = closedFrame(this.conversationId, runId, closed)
    for (const follower of this.followers) {
      if (follower.subscription(runId) === undefined) continue
      follower.unsubscribe(runId)
      follower.port.send(text)
    }
  }

  leave(follower: LocalFollower): void {
    if (!this.followers.delete(follower)) return
    follower.detach()
    if (follower.roomSeq === null) return
    this.forgetTyping(follower.present)
    this.presenceChanged()
  }

  /** Others are in the room through a gateway's watch. */
  setPresent(follower: LocalFollower, principals: ReadonlyArray<PrincipalId>): void {
    const before = follower.present
    follower.present = principals
    this.forgetTyping(before)
    this.presenceChanged()
  }

  setTyping(principalId: PrincipalId, isTyping: boolean): void {
    const wasTyping = this.endTyping(principalId)
    if (isTyping) {
      this.typing.set(
        principalId,
        this.loop.after(this.limits.typingExpiresMs, () => this.setTyping(principalId, false))
      )
    }
    if (wasTyping !== isTyping) this.presenceChanged()
  }

  /** Told once per turn, to those of the room's followers for whom it is news. */
  presenceChanged(): void {
    if (this.isPresenceAsked) return
    this.isPresenceAsked = true
    this.loop.afterTurn(() => {
      this.isPresenceAsked = false
      const text = this.presenceFrame()
      for (const follower of this.followers) follower.tellPresence(text)
    })
  }

  /** For one that has just begun to follow the room without being in it. */
  tellPresenceTo(follower: LocalFollower): void {
    follower.tellPresence(this.presenceFrame())
  }

  /** All of them, or those of one who is no longer a member. */
  close(reason: string, principalId?: PrincipalId): void {
    for (const follower of this.followers) {
      if (principalId !== undefined && follower.principalId !== principalId) continue
      this.leave(follower)
      follower.port.close(CloseCode.gone, reason)
    }
  }

  /** Nothing of it may fire any more. */
  dispose(): void {
    for (const end of this.typing.values()) end()
    this.typing.clear()
    for (const follower of this.followers) follower.detach()
    this.followers.clear()
  }

  private presenceFrame(): string {
    const online = new Set<PrincipalId>()
    for (const follower of this.followers) {
      if (follower.roomSeq !== null) for (const principalId of follower.present) online.add(principalId)
    }
    const frame: PresenceFrame = {
      type: "presence",
      conversationId: this.conversationId,
      online: [...online],
      typing: [...this.typing.keys()]
    }
    return JSON.stringify(frame)
  }

  private isHere(principalId: PrincipalId): boolean {
    for (const follower of this.followers) {
      if (follower.roomSeq !== null && follower.present.includes(principalId)) return true
    }
    return false
  }

  /** Who is gone types no more. */
  private forgetTyping(principals: ReadonlyArray<PrincipalId>): void {
    for (const principalId of principals) if (!this.isHere(principalId)) this.endTyping(principalId)
  }

  private endTyping(principalId: PrincipalId): boolean {
    const end = this.typing.get(principalId)
    if (end === undefined) return false
    end()
    return this.typing.delete(principalId)
  }
}
