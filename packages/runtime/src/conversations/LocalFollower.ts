/** One follower of a conversation in this process: its port, its subscriptions, and its place in the room's log. Synchronous. */
import type { FollowerPort } from "@parley/domain/Conversations"
import type { PrincipalId, RunId } from "@parley/domain/Ids"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { EventLoopPort } from "./EventLoop.ts"
import { GuardedPort } from "./GuardedPort.ts"
import { Subscriber } from "./Subscriber.ts"
import type { FollowedLog } from "./Subscriber.ts"

type Limits = Pick<
  ConversationLimitsValues,
  "windowBytes" | "drainedBytes" | "maxBehindMs" | "maxRunsPerFollower" | "roomWindowBytes"
>

export class LocalFollower {
  /** Null for a gateway's watch, behind which are many. */
  readonly principalId: PrincipalId | null
  /** Who is in the room through it. */
  present: ReadonlyArray<PrincipalId>
  readonly port: FollowerPort
  /** The last room event it has; null when it does not follow the room. */
  roomSeq: number | null = null
  /** It lacks room events, which are read for it when it has drained. */
  isBehindRoom = false
  isDetached = false
  /** The presence frame it was told last. */
  private presence: string | undefined

  private readonly limits: Limits
  private readonly loop: EventLoopPort
  private readonly runs = new Map<RunId, Subscriber>()

  constructor(principalId: PrincipalId | null, port: FollowerPort, limits: Limits, loop: EventLoopPort) {
    this.principalId = principalId
    this.present = principalId === null ? [] : [principalId]
    this.port = new GuardedPort(port, () => this.detach())
    this.limits = limits
    this.loop = loop
  }

  /** Undefined when it may not have one more. */
  subscribe(log: FollowedLog): Subscriber | undefined {
    this.unsubscribe(log.identity.runId)
    if (this.runs.size >= this.limits.maxRunsPerFollower) this.forgetCurrent()
    if (this.runs.size >= this.limits.maxRunsPerFollower || this.isDetached) return undefined
    const subscriber = new Subscriber(this.port, log, this.limits, this.loop)
    this.runs.set(log.identity.runId, subscriber)
    return subscriber
  }

  subscription(runId: RunId): Subscriber | undefined {
    return this.runs.get(runId)
  }

  unsubscribe(runId: RunId): void {
    this.runs.get(runId)?.stop()
    this.runs.delete(runId)
  }

  drained(): void {
    for (const subscriber of this.runs.values()) subscriber.drained()
  }

  /** False when it lacks events before this one, or cannot take it now. */
  tellRoom(seq: number, frame: string): boolean {
    if (this.isDetached || this.roomSeq === null || seq <= this.roomSeq) return true
    if (this.isBehindRoom || seq !== this.roomSeq + 1 || this.isRoomFull) {
      this.isBehindRoom = true
      return false
    }
    this.roomSeq = seq
    this.port.send(frame)
    return true
  }

  /** It begins to follow the room, or begins again: that it was told before is not counted on. */
  forgetPresence(): void {
    this.presence = undefined
  }

  /** Who is here and who types; the same is told once. What cannot be taken now is told with the next change. */
  tellPresence(frame: string): void {
    if (this.roomSeq === null || this.presence === frame || this.isRoomFull) return
    this.presence = frame
    this.port.send(frame)
  }

  get isRoomFull(): boolean {
    return this.port.bufferedBytes() > this.limits.roomWindowBytes
  }

  detach(): void {
    this.isDetached = true
    for (const subscriber of this.runs.values()) subscriber.stop()
    this.runs.clear()
  }

  /** Subscriptions that have everything hold nothing but memory, once their run is over. */
  private forgetCurrent(): void {
    for (const [runId, subscriber] of this.runs) {
      if (subscriber.isOver) this.unsubscribe(runId)
    }
  }
}
