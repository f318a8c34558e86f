/** What tests of conversations share: scripted providers, open tenants, a client that folds what it is told, and waiting for a condition. */
import { Context, Deferred, Effect, Layer, Logger, References, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import type { AssistantPart } from "@parley/domain/Content"
import { textOf } from "@parley/domain/Content"
import type { Follower, FollowerPort } from "@parley/domain/Conversations"
import { ClientMessageId, makePrincipalId, makeTenantId, RequestId } from "@parley/domain/Ids"
import type { Epoch, PrincipalId, RunId, TenantId } from "@parley/domain/Ids"
import { foldRunEvents } from "@parley/domain/foldRun"
import type { FinishReason, ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelProvider, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import { RoomFrame } from "@parley/domain/RoomFrame"
import type { RunTerminal } from "@parley/domain/RunEvent"
import { RunFrame } from "@parley/domain/RunFrame"
import type { RunState } from "@parley/domain/RunFrame"
import { noUsage } from "@parley/domain/Usage"
import type { ModelFacts } from "@parley/providers/catalog/ModelFacts"
import { SinkDefect } from "@parley/providers/circuit/WatchedSink"
import { Providers } from "@parley/providers/Providers"
import { Tenants } from "../../src/tenants/Tenants.ts"

/** One call that a provider received, answered by the test. */
export interface ScriptedCall {
  readonly request: ModelRequest
  readonly say: (...texts: ReadonlyArray<string>) => void
  readonly emit: (...events: ReadonlyArray<ModelEvent>) => void
  readonly complete: (reason?: FinishReason) => Effect.Effect<void>
  readonly fail: (error: ProviderError) => Effect.Effect<void>
  /** As when the listener has the defect: a provider's own would be the circuit's affair. */
  readonly die: (defect: unknown) => Effect.Effect<void>
  readonly aborted: Effect.Effect<void>
  readonly isAborted: () => boolean
}

export class ScriptedProvider {
  readonly calls: Array<ScriptedCall> = []
  /** Of `scripted/one`; to be written into before it is asked. */
  readonly facts: { -readonly [K in keyof ModelFacts]: ModelFacts[K] } = {}
  /** Of `scripted/two`, likewise. */
  readonly otherFacts: { -readonly [K in keyof ModelFacts]: ModelFacts[K] } = {}

  readonly stream = (request: ModelRequest, sink: ModelSink): Effect.Effect<ModelAnswer, ProviderError> =>
    Effect.suspend(() => {
      const end = Deferred.makeUnsafe<ModelAnswer, ProviderError>()
      const aborted = Deferred.makeUnsafe<void>()
      let isOpen = true
      const control = { pause: () => undefined, resume: () => undefined }
      const emit = (...events: ReadonlyArray<ModelEvent>): void => {
        if (isOpen) sink(events, control)
      }
      this.calls.push({
        request,
        emit,
        say: (...texts) => emit(...texts.map((text) => ({ type: "text-delta" as const, text }))),
        complete: (finishReason = "stop") =>
          Effect.asVoid(
            Deferred.succeed(end, {
              model: request.model,
              responseId: "response",
              content: [],
              finishReason,
              usage: { ...noUsage, outputTokens: 7 }
            })
          ),
        fail: (error) => Effect.asVoid(Deferred.fail(end, error)),
        die: (defect) => Effect.asVoid(Deferred.die(end, new SinkDefect(defect))),
        aborted: Deferred.await(aborted),
        isAborted: () => Deferred.isDoneUnsafe(aborted)
      })
      return Deferred.await(end).pipe(
        Effect.onInterrupt(() => Deferred.succeed(aborted, undefined)),
        Effect.ensuring(
          Effect.sync(() => {
            isOpen = false
          })
        )
      )
    })

  /** The n-th call, from 0, once it has arrived. */
  call(n: number): Effect.Effect<ScriptedCall> {
    return Effect.map(
      until(`call ${n} of the provider`, () => this.calls[n] !== undefined),
      () => {
        const call = this.calls[n]
        if (call === undefined) throw new Error("unreachable")
        return call
      }
    )
  }

  /** The real thing over this provider. `both` is a route over two models of its. */
  get layer(): Layer.Layer<Providers> {
    const provider: ModelProvider = {
      id: "scripted",
      isDemo: false,
      models: Effect.succeed([
        { id: "scripted/one", provider: "scripted", model: "one", createdAtSeconds: 0, kind: "chat" as const }
      ]),
      complete: (request) => this.stream(request, () => undefined),
      stream: this.stream
    }
    return Providers.layer({
      extra: [provider],
      models: { "scripted/one": this.facts, "scripted/two": this.otherFacts },
      routes: { both: { targets: [{ model: "scripted/one" }, { model: "scripted/two" }] } },
      limits: { probeEveryMs: 0 }
    })
  }
}

/** Tenants that admit everything. */
export const openTenants: Layer.Layer<Tenants> = Layer.succeed(
  Tenants,
  Tenants.of({
    withRequest: () => (effect) => effect,
    tryEnter: () => undefined,
    leave: () => undefined,
    connection: () => Effect.void,
    peekPolicy: () => undefined,
    policy: () => Effect.die(new Error("not asked in these tests")),
    invalidate: () => Effect.void,
    liveCounts: () => ({ requests: 0, connections: 0 }),
    size: () => 0
  })
)

/** Waits for something that other fibers do, without time: by letting them run, up to a bound. */
export const until = (what: string, isTrue: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let i = 0; i < 20_000; i++) {
      if (isTrue()) return
      yield* Effect.yieldNow
    }
    return yield* Effect.die(new Error(`never happened: ${what}`))
  })

/** Lets other fibers do all they can do now. */
export const settle: Effect.Effect<void> = Effect.gen(function* () {
  for (let i = 0; i < 200; i++) yield* Effect.yieldNow
})

/** The runner's first ask waits for its shards, which take a moment of the clock. */
export const warmUp = TestClock.adjust(1)

export const makeCaller = (tenantId: TenantId, principalId: PrincipalId, n = 0): CallerInfo => ({
  tenantId,
  principalId,
  roles: ["member"],
  scopes: ["chat"],
  requestId: RequestId.make(`test.${n}`)
})

export const newCaller = Effect.gen(function* () {
  return makeCaller(yield* makeTenantId, yield* makePrincipalId)
})

export const as =
  (caller: CallerInfo) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Caller>> =>
    Effect.provideContext(effect, Context.make(Caller, caller))

export const clientMessageId = (text: string): ClientMessageId => ClientMessageId.make(text)

export const text = (value: string) => [{ type: "text" as const, text: value }] as const

const decodeRunFrame = Schema.decodeUnknownSync(Schema.fromJsonString(RunFrame))
const decodeRoomFrame = Schema.decodeUnknownSync(Schema.fromJsonString(RoomFrame))
const isRunFrame = (frame: string): boolean => /^\{"type":"(delta|snapshot|closed|gone|caught-up)"/.test(frame)

/** A client of the resume protocol: applies what it may apply, and says when it must subscribe again. */
export class FoldingClient {
  epoch: Epoch | undefined
  last = 0
  state: RunState | undefined
  content: ReadonlyArray<AssistantPart> = []
  terminals: Array<RunTerminal> = []
  caughtUp = 0
  isGone = false
  mustResubscribe = false
  readonly frames: Array<RunFrame> = []
  readonly roomFrames: Array<RoomFrame> = []
  /** Frames on their way; a client that does not read leaves them here. */
  private wire: Array<string> = []
  closes: Array<number> = []
  isReading = true
  bytes = 0
  private readonly runId: () => RunId | undefined

  constructor(runId: () => RunId | undefined = () => undefined) {
    this.runId = runId
  }

  readonly port: FollowerPort = {
    send: (frame) => {
      this.wire.push(frame)
      this.bytes += frame.length
      if (this.isReading) this.read()
    },
    bufferedBytes: () => this.wire.reduce((sum, frame) => sum + frame.length, 0),
    close: (code) => {
      this.closes.push(code)
    }
  }

  /** Takes at most `count` frames from the wire. */
  read(count = Infinity): void {
    for (let i = 0; i < count; i++) {
      const frame = this.wire.shift()
      if (frame === undefined) return
      if (isRunFrame(frame)) this.apply(decodeRunFrame(frame))
      else this.roomFrames.push(decodeRoomFrame(frame))
    }
  }

  /** The connection is lost, with what was on its way. */
  disconnect(): void {
    this.wire = []
    this.mustResubscribe = false
  }

  get text(): string {
    return textOf(this.content)
  }

  get cursor(): { readonly epoch?: Epoch; readonly afterSeq?: number } {
    return this.epoch === undefined ? {} : { epoch: this.epoch, afterSeq: this.last }
  }

  ack(follower: Follower): void {
    const runId = this.runId()
    if (runId !== undefined) follower.ack(runId, this.last)
    follower.drained()
  }

  private apply(frame: RunFrame): void {
    this.frames.push(frame)
    switch (frame.type) {
      case "delta": {
        if (this.epoch !== undefined && frame.epoch !== this.epoch) {
          this.mustResubscribe = true
          return
        }
        if (frame.seq <= this.last) return
        if (frame.seq !== this.last + 1) {
          this.mustResubscribe = true
          return
        }
        this.epoch = frame.epoch
        this.last = frame.seq + frame.count - 1
        const first = frame.events[0]
        const before =
          this.state ??
          (first?.type === "run-start"
            ? {
                messageId: first.messageId,
                model: first.model,
                content: [],
                usage: null,
                status: "running" as const,
                terminal: null
              }
            : undefined)
        if (before === undefined) throw new Error("a delta before the run's start")
        this.take(foldRunEvents(before, frame.events))
        return
      }
      case "snapshot":
        this.epoch = frame.epoch
        this.last = frame.seq
        this.take(frame.state)
        return
      case "closed":
        this.content = frame.message.content.filter(
          (part) => part.type !== "image" && part.type !== "file" && part.type !== "tool-result"
        )
        if (this.terminals.length === 0) this.terminals.push(frame.terminal)
        this.last = frame.message.lastSeq ?? this.last
        return
      case "gone":
        this.isGone = true
        return
      case "caught-up":
        this.caughtUp++
        return
    }
  }

  private take(state: RunState): void {
    if (this.state?.terminal === null || this.state === undefined) {
      if (state.terminal !== null) this.terminals.push(state.terminal)
    }
    this.state = state
    this.content = state.content
  }
}

export interface LogLine {
  readonly message: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** What is logged under `layer`, and nowhere else. */
export const logLines = () => {
  const lines: Array<LogLine> = []
  const logger = Logger.make(({ fiber, message }) => {
    lines.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  return { lines, layer: Logger.layer([logger]) }
}
