/**
 * One connection of `/ws`. A plain object: no fiber, queue or timer of its own, and nothing but its fields until it is used. Every
 * method is synchronous; a command runs as one fiber, which is kept only if it has to wait.
 */
import { Result } from "effect"
import type { Fiber, Tracer } from "effect"
import type { Fault } from "@parley/domain/api/Problem"
import type { CallerInfo } from "@parley/domain/Caller"
import { Busy, InvalidRequest, PayloadTooLarge } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { RequestId } from "@parley/domain/Ids"
import { CloseCode, maxClientFrameBytes, maxMalformedFrames } from "@parley/domain/SocketProtocol"
import type { Secret } from "@parley/domain/Secret"
import type { Socket } from "../server/WebSocketRoutes.ts"
import { outlivesSocket } from "./answerCommand.ts"
import type { Command } from "./answerCommand.ts"
import type { ConversationLink } from "./ConversationLink.ts"
import { readFrame } from "./readFrame.ts"
import { answerOf, runCommand } from "./runCommand.ts"
import type { SocketHost } from "./SocketHost.ts"
import { busyRetryAfterMs, closeTooLarge, heartbeatMs, maxUnreadBytes, socketLimits } from "./socketLimits.ts"
import { doneFrame, errorFrame, pongFrame, welcomeFrame } from "./writeFrame.ts"

interface UnderWay {
  readonly command: Command
  readonly fiber: Fiber.Fiber<string>
  readonly startedAtMs: number
}

/** What the upgrade found out. */
export interface SocketIdentity {
  readonly caller: CallerInfo
  /** Verified again while the socket is open. */
  readonly key: Secret
  /** The upgrade's trace; each command without one of its own continues it. */
  readonly trace: Tracer.ExternalSpan | undefined
}

export class SocketSession {
  readonly host: SocketHost
  readonly key: Secret
  readonly trace: Tracer.ExternalSpan | undefined
  caller: CallerInfo
  links: Map<ConversationId, ConversationLink> | undefined
  readonly #socket: Socket
  #isOpen = true
  #malformedFrames = 0
  /** Numbers the commands for their request ids. */
  #commandsSeen = 0
  /** Started or waiting. */
  #commands = 0
  #underWay: Set<UnderWay> | undefined
  /** Per conversation with a command under way, those that wait for it: they keep the order in which they were sent. */
  #lanes: Map<ConversationId, Array<Command>> | undefined
  /** Frames of this turn; mostly there is one. */
  #outbox: string | Array<string> | undefined
  /** Of the outbox, in UTF-16 code units. */
  #outboxLength = 0

  constructor(host: SocketHost, socket: Socket, identity: SocketIdentity) {
    this.host = host
    this.#socket = socket
    this.caller = identity.caller
    this.key = identity.key
    this.trace = identity.trace
    host.sessions.add(this)
    this.post(welcomeFrame(identity.caller.requestId, heartbeatMs))
  }

  receive(text: string): void {
    if (!this.#isOpen) return
    if (isTooLarge(text)) return this.refuseTooLarge()
    if (this.#socket.bufferedBytes() > maxUnreadBytes) {
      return this.close(CloseCode.tooSlow, "answers are not read")
    }
    const read = readFrame(text)
    if (Result.isFailure(read)) return this.#malformed(read.failure.id, read.failure.issues)
    const frame = read.success
    switch (frame.type) {
      case "ack":
        return this.links?.get(frame.conversationId)?.follower.ack(frame.runId, frame.seq)
      case "typing":
        return this.links?.get(frame.conversationId)?.follower.setTyping(frame.typing)
      case "ping":
        return this.post(pongFrame(frame.at))
      case "follow-list":
        this.host.lists.follow(this)
        return this.post(doneFrame(frame.id))
      default:
        return this.#accept(frame)
    }
  }

  receiveBinary(): void {
    if (this.#isOpen) this.#malformed(undefined, [{ path: "", message: "frames are JSON text" }])
  }

  refuseTooLarge(): void {
    if (!this.#isOpen) return
    const error = new PayloadTooLarge({
      message: `a frame has at most ${maxClientFrameBytes} bytes`,
      limitBytes: maxClientFrameBytes
    })
    this.post(errorFrame(undefined, error, this.caller.requestId))
    this.close(closeTooLarge, error.message)
  }

  /** Goes out when this turn's work is done, together with what else the turn has for this socket. */
  post(frame: string): void {
    if (!this.#isOpen) return
    this.#outboxLength += frame.length
    if (this.#outbox === undefined) {
      this.#outbox = frame
      this.host.flushLater(this)
    } else if (typeof this.#outbox === "string") this.#outbox = [this.#outbox, frame]
    else this.#outbox.push(frame)
  }

  flush(): void {
    const outbox = this.#outbox
    if (outbox === undefined) return
    this.#outbox = undefined
    this.#outboxLength = 0
    if (typeof outbox === "string") return void this.#socket.send(outbox)
    this.#socket.cork(() => {
      for (const frame of outbox) this.#socket.send(frame)
    })
  }

  /** What the engine holds, and what this turn has added so far. */
  bufferedBytes(): number {
    return this.#socket.bufferedBytes() + this.#outboxLength
  }

  drained(): void {
    this.host.lists.drained(this)
    if (this.links === undefined) return
    for (const link of this.links.values()) link.follower.drained()
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.flush()
    this.#end()
    this.#socket.end(code, reason)
  }

  /** The engine says that the connection is over. */
  closed(): void {
    if (this.#isOpen) this.#end()
  }

  /** False: the socket is closed, and the link is the caller's to release. */
  addLink(link: ConversationLink): boolean {
    if (!this.#isOpen) return false
    this.links ??= new Map()
    this.links.set(link.id, link)
    return true
  }

  dropLink(id: ConversationId): void {
    const link = this.links?.get(id)
    if (link === undefined) return
    this.links?.delete(id)
    link.release(this)
  }

  subscribedRuns(): number {
    let count = 0
    if (this.links !== undefined) for (const link of this.links.values()) count += link.runs.size
    return count
  }

  /** Interrupts what was started before `startedBeforeMs`; its answer says so. */
  interruptOverdue(startedBeforeMs: number): void {
    if (this.#underWay === undefined) return
    for (const { fiber, startedAtMs } of this.#underWay) if (startedAtMs < startedBeforeMs) fiber.interruptUnsafe()
  }

  #malformed(id: string | undefined, issues: ReadonlyArray<Fault>): void {
    this.post(errorFrame(id, new InvalidRequest({ message: "the frame cannot be read", issues }), this.caller.requestId))
    if (++this.#malformedFrames >= maxMalformedFrames) {
      this.close(CloseCode.protocolError, "too many malformed frames")
    }
  }

  #accept(command: Command): void {
    if (this.#commands >= socketLimits.commands) {
      const error = new Busy({
        message: `a socket has at most ${socketLimits.commands} commands under way`,
        retryAfterMs: busyRetryAfterMs
      })
      return this.post(errorFrame(command.id, error, this.#nextRequestId()))
    }
    this.#commands++
    this.host.commandsUnderWay++
    // A stop never waits behind what it is to stop.
    if (command.type === "cancel") return void this.#start(command)
    const lane = this.#lanes?.get(command.conversationId)
    if (lane !== undefined) {
      lane.push(command)
    } else if (!this.#start(command)) {
      this.#lanes ??= new Map()
      this.#lanes.set(command.conversationId, [])
    }
  }

  /** True when it has already ended. */
  #start(command: Command): boolean {
    const requestId = this.#nextRequestId()
    const fiber = this.host.fork(runCommand(this, command, requestId))
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      this.#ended(answerOf(exit, command, requestId))
      return true
    }
    const underWay: UnderWay = { command, fiber, startedAtMs: this.host.nowMs() }
    this.#underWay ??= new Set()
    this.#underWay.add(underWay)
    fiber.addObserver((exit) => {
      this.#underWay?.delete(underWay)
      this.#ended(answerOf(exit, command, requestId))
      if (command.type !== "cancel") this.#continueLane(command.conversationId)
    })
    return false
  }

  #ended(answer: string): void {
    this.#commands--
    this.host.commandsUnderWay--
    this.post(answer)
    if (!this.#isOpen && this.#commands === 0) this.host.sessions.delete(this)
  }

  #continueLane(id: ConversationId): void {
    // Looked up anew each time: a command may close the socket, and with it give up those that wait.
    for (let lane = this.#lanes?.get(id); lane !== undefined; lane = this.#lanes?.get(id)) {
      const next = lane.shift()
      if (next === undefined) return void this.#lanes?.delete(id)
      if (!this.#start(next)) return
    }
  }

  /** `<the connection's>.<n>`, shortened where the client's own was as long as an id may be. */
  #nextRequestId(): RequestId {
    return RequestId.make(`${this.caller.requestId.slice(0, maxOwnRequestId)}.${++this.#commandsSeen}`)
  }

  #end(): void {
    this.#isOpen = false
    this.host.lists.leave(this)
    this.#outbox = undefined
    this.#outboxLength = 0
    if (this.links !== undefined) for (const link of this.links.values()) link.release(this)
    this.links = undefined
    if (this.#lanes !== undefined) {
      for (const lane of this.#lanes.values()) {
        this.#commands -= lane.length
        this.host.commandsUnderWay -= lane.length
      }
      this.#lanes = undefined
    }
    if (this.#underWay !== undefined) {
      for (const { command, fiber } of this.#underWay) if (!outlivesSocket(command)) fiber.interruptUnsafe()
    }
    if (this.#commands === 0) this.host.sessions.delete(this)
  }
}

/** Leaves room for the number of the command in the 128 characters of a request id. */
const maxOwnRequestId = 112

const isTooLarge = (text: string): boolean =>
  text.length > maxClientFrameBytes || (text.length * 3 > maxClientFrameBytes && Buffer.byteLength(text) > maxClientFrameBytes)
