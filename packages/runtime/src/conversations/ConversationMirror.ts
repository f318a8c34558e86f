/**
 * A conversation as one gateway process sees it: fed by one watch of its owner, it serves the followers that this process has. It applies only
 * what is next; on a gap it asks to be fed again from its cursor, as any client does. Synchronous.
 */
import { Schema } from "effect"
import type { WatchBatch, WatchCursor } from "@parley/domain/actors/ConversationActor"
import { initialRunState } from "@parley/domain/foldRun"
import type { ConversationId, PrincipalId, RunId } from "@parley/domain/Ids"
import { RoomFrame } from "@parley/domain/RoomFrame"
import type { RoomEventFrame, RoomSnapshotFrame } from "@parley/domain/RoomFrame"
import { isTerminal } from "@parley/domain/RunEvent"
import { RunFrame } from "@parley/domain/RunFrame"
import type { DeltaFrame, RunState } from "@parley/domain/RunFrame"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { EventLoopPort } from "./EventLoop.ts"
import type { LocalFollower } from "./LocalFollower.ts"
import { MirroredLog } from "./MirroredLog.ts"

const decodeFrame = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Union([...RunFrame.members, ...RoomFrame.members])))

export class ConversationMirror {
  readonly followers = new Set<LocalFollower>()
  /** Of the last room event that the watch told; undefined before its first batch. */
  roomSeq: number | undefined

  /** The last frame that says who is here and who types. */
  presence: string | undefined

  private readonly conversationId: ConversationId
  private readonly limits: ConversationLimitsValues
  private readonly loop: EventLoopPort
  /** A follower lacks room events and could take them now. */
  private readonly onGap: (follower: LocalFollower) => void
  private readonly logs = new Map<RunId, MirroredLog>()
  private waiting: Array<() => void> = []

  constructor(
    conversationId: ConversationId,
    limits: ConversationLimitsValues,
    loop: EventLoopPort,
    onGap: (follower: LocalFollower) => void
  ) {
    this.conversationId = conversationId
    this.limits = limits
    this.loop = loop
    this.onGap = onGap
  }

  logOf(runId: RunId): MirroredLog | undefined {
    return this.logs.get(runId)
  }

  runIds(): ReadonlySet<RunId> {
    return new Set(this.logs.keys())
  }

  /** Where to be fed from. */
  cursor(watcher: string): WatchCursor {
    const runs = [...this.logs.values()]
      .filter((log) => log.state.terminal === null)
      .map(({ identity, seq }) => ({ runId: identity.runId, epoch: identity.epoch, seq }))
    return this.roomSeq === undefined ? { watcher, runs } : { watcher, runs, roomSeq: this.roomSeq }
  }

  /** Who is in the room through this process. */
  present(): ReadonlyArray<PrincipalId> {
    const present = new Set<PrincipalId>()
    for (const { principalId, roomSeq } of this.followers) {
      if (roomSeq !== null && principalId !== null) present.add(principalId)
    }
    return [...present]
  }

  /** Once, after the next batch; the answer takes it back. */
  onNext(run: () => void): () => void {
    this.waiting.push(run)
    return () => {
      this.waiting = this.waiting.filter((other) => other !== run)
    }
  }

  /** False on a gap: the watch must begin again at the cursor. */
  receive(batch: WatchBatch): boolean {
    if (batch.roomSeq !== undefined) this.begin(batch.roomSeq)
    const isWhole = batch.frames.every((text) => this.receiveFrame(text))
    const { waiting } = this
    this.waiting = []
    for (const run of waiting) run()
    return isWhole
  }

  /** All of them, or those of one who is no longer a member. */
  close(reason: string, isConcerned: (principalId: PrincipalId | null) => boolean = () => true): void {
    for (const follower of this.followers) {
      if (!isConcerned(follower.principalId)) continue
      this.followers.delete(follower)
      follower.port.close(CloseCode.gone, reason)
    }
  }

  private begin(roomSeq: number): void {
    if (this.roomSeq !== undefined && this.roomSeq >= roomSeq) return
    this.roomSeq = roomSeq
    for (const follower of this.followers) {
      if (follower.roomSeq !== null && follower.roomSeq < roomSeq) this.onGap(follower)
    }
  }

  private receiveFrame(text: string): boolean {
    const frame = decodeFrame(text)
    switch (frame.type) {
      case "delta":
        return this.receiveDelta(frame, text)
      case "snapshot": {
        const log = this.logs.get(frame.runId)
        const isOld = log !== undefined && log.identity.epoch === frame.epoch && frame.seq <= log.seq
        if (!isOld) this.replace({ ...frame, afterSeq: frame.seq })
        return true
      }
      case "closed":
      case "gone":
        this.logs.delete(frame.runId)
        for (const follower of this.followers) {
          const subscription = follower.subscription(frame.runId)
          if (subscription === undefined || subscription.isOver) continue
          follower.unsubscribe(frame.runId)
          follower.port.send(text)
        }
        return true
      case "caught-up":
        return true
      case "room":
        return this.receiveRoom(frame, text)
      case "room-snapshot":
        this.receiveRoomSnapshot(frame, text)
        return true
      case "presence":
        this.presence = text
        for (const follower of this.followers) follower.tellPresence(text)
        return true
    }
  }

  private receiveDelta(frame: DeltaFrame, text: string): boolean {
    let log = this.logs.get(frame.runId)
    if (log === undefined || log.identity.epoch !== frame.epoch) {
      const [first] = frame.events
      if (frame.seq !== 1 || first?.type !== "run-start") return false
      log = this.replace({ ...frame, state: initialRunState(first.messageId, first.model), afterSeq: 0 })
    }
    const last = frame.seq + frame.count - 1
    if (last <= log.seq) return true
    if (frame.seq !== log.seq + 1) return false
    log.receive(frame, text)
    if (frame.events.some(isTerminal)) this.forgetLater(log)
    return true
  }

  /** A run in a log of its own: new, or in a new epoch, or told as a whole. Who followed the former goes on in this one. */
  private replace(
    of: Pick<DeltaFrame, "runId" | "epoch"> & { readonly state: RunState; readonly afterSeq: number }
  ): MirroredLog {
    const { afterSeq, epoch, runId, state } = of
    const former = this.logs.get(runId)
    const log = new MirroredLog({ conversationId: this.conversationId, runId, epoch }, state, afterSeq, this.limits)
    this.logs.set(runId, log)
    for (const follower of this.followers) {
      const subscription = follower.subscription(runId)
      if (subscription !== undefined) subscription.moveTo(log)
      else if (former === undefined && follower.roomSeq !== null) follower.subscribe(log)?.startLive()
    }
    if (state.terminal !== null) this.forgetLater(log)
    return log
  }

  /** The stored message answers for an ended run after a while. */
  private forgetLater(log: MirroredLog): void {
    const { runId } = log.identity
    this.loop.after(this.limits.endedLogRetentionMs, () => {
      if (this.logs.get(runId) === log) this.logs.delete(runId)
    })
  }

  private receiveRoom(frame: RoomEventFrame, text: string): boolean {
    const { event, seq } = frame
    if (this.roomSeq === undefined || seq > this.roomSeq + 1) return false
    if (seq <= this.roomSeq) return true
    this.roomSeq = seq
    for (const follower of this.followers) {
      if (!follower.tellRoom(seq, text) && !follower.isRoomFull) this.onGap(follower)
    }
    if (event.type === "member-left") {
      this.close("No longer a member of this conversation", (principalId) => principalId === event.principalId)
    }
    return true
  }

  private receiveRoomSnapshot(frame: RoomSnapshotFrame, text: string): void {
    this.roomSeq = frame.seq
    const members = new Set(frame.members.map((member) => member.principalId))
    this.close("No longer a member of this conversation", (principalId) => principalId !== null && !members.has(principalId))
    for (const follower of this.followers) {
      if (follower.roomSeq === null || follower.roomSeq >= frame.seq) continue
      follower.roomSeq = frame.seq
      follower.isBehindRoom = false
      follower.port.send(text)
    }
  }
}
