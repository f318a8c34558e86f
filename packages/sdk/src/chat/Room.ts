/** The room's log as this client holds it. */
import type { PrincipalId } from "@parley/domain/Ids"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { RoomEvent, RoomFrame } from "@parley/domain/RoomFrame"
import type { RunRef } from "@parley/domain/RunEvent"
import type { FollowHost } from "../follow/FollowHost.ts"
import { Following } from "../follow/Following.ts"
import type { FollowActs } from "../follow/Following.ts"
import type { FollowEvent } from "../follow/followMachine.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import type { ChatStatus } from "./ChatState.ts"

export interface RoomOptions {
  readonly conversationId: string
  readonly host: FollowHost
  readonly on: {
    /** A message that came just now. */
    readonly added: (message: Message) => void
    /** The latest ones, oldest first. */
    readonly replaced: (messages: ReadonlyArray<Message>) => void
    readonly closed: (message: Message) => void
    /** `start`: the server tells it by itself. */
    readonly run: (run: RunRef, from: "start" | "unknown") => void
    /** All that was missed is here. */
    readonly caughtUp: () => void
    readonly changed: () => void
  }
}

export class Room {
  readonly #options: RoomOptions
  #following: Following
  #seq: number | null = null
  #ending: { readonly status: ChatStatus; readonly error: ParleyApiError } | undefined
  conversation: Conversation | null = null
  members: ReadonlyArray<Member> = []
  online: ReadonlyArray<PrincipalId> = []
  typing: ReadonlyArray<PrincipalId> = []

  constructor(options: RoomOptions) {
    this.#options = options
    this.#following = this.#newFollowing()
  }

  get status(): ChatStatus {
    if (this.#ending !== undefined) return this.#ending.status
    if (this.#following.state === "live") return "live"
    return this.conversation === null ? "loading" : "away"
  }
  get error(): ParleyApiError | null {
    return this.#ending?.error ?? null
  }
  get isFollowed(): boolean {
    return this.#ending === undefined
  }

  /** It is there now: what was heard of it before, when it was asked for too early, does not hold. */
  begun(): void {
    this.stop()
    this.#ending = undefined
    this.#following = this.#newFollowing()
  }

  opened(): void {
    this.#to("open")
  }

  lost(): void {
    this.online = []
    this.typing = []
    this.#to("lost")
  }

  gone(reason: string): void {
    this.#end("gone", new ParleyApiError({ code: "not_found", message: reason, status: 0, retry: "never", requestId: "" }))
  }

  stop(): void {
    this.#following.stop()
  }

  receive(frame: RoomFrame): void {
    switch (frame.type) {
      case "presence":
        this.online = frame.online
        this.typing = frame.typing
        return this.#options.on.changed()
      case "room":
        return this.#to(this.#place(frame.seq), {
          apply: () => {
            this.#seq = frame.seq
            this.#happened(frame.event)
          }
        })
      case "room-snapshot":
        return this.#to("snapshot", {
          replace: () => {
            this.#seq = frame.seq
            this.conversation = frame.conversation
            this.members = frame.members
            this.#options.on.replaced(frame.messages)
            if (frame.activeRun !== null) this.#options.on.run(frame.activeRun, "unknown")
          }
        })
    }
  }

  #newFollowing(): Following {
    const { conversationId, host, on } = this.#options
    return new Following(
      host,
      {
        question: () => ({ type: "follow", conversationId, ...(this.#seq === null ? {} : { afterSeq: this.#seq }) }),
        answered: () => {
          this.#to("caught-up")
          on.caughtUp()
        },
        refused: (error) => this.#end(error.code === "not_found" ? "gone" : "failed", error)
      },
      "away"
    )
  }

  #place(seq: number): FollowEvent {
    if (this.#seq === null) return "gap"
    return seq === this.#seq + 1 ? "next" : seq <= this.#seq ? "old" : "gap"
  }

  #happened(event: RoomEvent): void {
    const { on } = this.#options
    switch (event.type) {
      case "message-added":
        return on.added(event.message)
      case "message-closed":
        return on.closed(event.message)
      case "run-started":
        return on.run(event.run, this.#following.state === "live" ? "start" : "unknown")
      case "member-joined": {
        const { member } = event
        this.members = [...this.members.filter(({ principalId }) => principalId !== member.principalId), member]
        return
      }
      case "member-left":
        this.members = this.members.filter(({ principalId }) => principalId !== event.principalId)
        return
      case "conversation-changed":
        this.conversation = event.conversation
        return
    }
  }

  #to(event: FollowEvent, acts: Partial<FollowActs> = {}): void {
    this.#following.dispatch(event, { apply: nothing, replace: nothing, finish: nothing, forget: nothing, ...acts })
    this.#options.on.changed()
  }

  #end(status: ChatStatus, error: ParleyApiError): void {
    this.#ending = { status, error }
    this.online = []
    this.typing = []
    this.#to("gone")
  }
}

const nothing = (): void => {}
