/** A conversation against a model of it: any sequence of what people and the actor do. */
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Schema } from "effect"
import type { ClientMessageId, MessageId, RunId } from "@parley/domain/Ids"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import type { CloseRun } from "../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { makeClientMessageId, makeEpoch } from "./support/ids.ts"
import { closeOf, contextOf, seedConversation, seedTenant, TestDatabase, withoutRun } from "./support/TestDatabase.ts"

const Tested = SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))

/** What `pick` means is decided by what there is to pick from. */
const pick = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))
const Step = Schema.Union([
  Schema.Struct({
    act: Schema.Literal("send"),
    reply: Schema.Boolean,
    parent: Schema.Literals(["newest", "root", "given"]),
    pick
  }),
  Schema.Struct({ act: Schema.Literal("again"), pick }),
  Schema.Struct({ act: Schema.Literal("regenerate"), pick }),
  Schema.Struct({ act: Schema.Literal("edit"), byBob: Schema.Boolean, pick }),
  Schema.Struct({
    act: Schema.Literal("close"),
    terminal: Schema.Literals(["complete", "cancel", "fail"]),
    stale: Schema.Boolean
  }),
  Schema.Struct({ act: Schema.Literal("take-over") })
])
const Steps = Schema.Array(Step).check(Schema.isMaxLength(25))

interface Said {
  readonly id: MessageId
  readonly parentId: MessageId | null
  readonly isAnswer: boolean
  text: string
  status: string
}

interface Model {
  readonly messages: Array<Said>
  readonly accepted: Array<{
    readonly clientMessageId: ClientMessageId
    readonly messageId: MessageId
    readonly runId: RunId | null
  }>
  open: { readonly runId: RunId; readonly messageId: MessageId; epoch: CloseRun["epoch"] } | undefined
  seq: number
}

const terminals = {
  complete: { terminal: { type: "run-complete", finishReason: "stop" }, status: "complete" },
  cancel: { terminal: { type: "run-cancel" }, status: "cancelled" },
  fail: { terminal: { type: "run-fail", code: "provider_failed", message: "it broke" }, status: "failed" }
} as const

const chosen = <A>(from: ReadonlyArray<A>, index: number): A | undefined => from[index % Math.max(from.length, 1)]

const apply = Effect.fnUntraced(function* (
  step: typeof Step.Type,
  model: Model,
  room: {
    readonly key: Parameters<ConversationStore["Service"]["load"]>[0]
    readonly alice: Parameters<typeof contextOf>[0]
    readonly bob: Parameters<typeof contextOf>[0]
  }
) {
  const store = yield* ConversationStore
  const { key } = room
  const asked = yield* contextOf(step.act === "edit" && step.byBob ? room.bob : room.alice)
  const clientMessageId = makeClientMessageId()
  const text = `text ${model.messages.length}`
  const content = [{ type: "text" as const, text }] as const

  /** What a turn that was accepted must have told, and what it leaves behind. */
  const accepted = (
    exit: Exit.Exit<Effect.Success<ReturnType<typeof store.acceptSend>>, unknown>,
    question: Said | undefined,
    run: typeof asked.run | null,
    parentOfAnswer: MessageId | null
  ) => {
    assert.isTrue(Exit.isSuccess(exit))
    if (!Exit.isSuccess(exit)) return
    const { accepted: answer, roomEvents } = exit.value
    assert.isFalse(answer.duplicate)
    const expected = (question === undefined ? 0 : 1) + (run === null ? 0 : 2)
    assert.deepStrictEqual(
      roomEvents.map(({ seq }) => seq),
      Array.from({ length: expected }, (_, index) => model.seq + 1 + index)
    )
    model.seq += expected
    if (question !== undefined) model.messages.push(question)
    if (run !== null) {
      model.messages.push({ id: run.messageId, parentId: parentOfAnswer, isAnswer: true, text: "", status: "streaming" })
      model.open = { runId: run.runId, messageId: run.messageId, epoch: run.epoch }
    }
    model.accepted.push({ clientMessageId, messageId: answer.messageId, runId: run?.runId ?? null })
  }
  const refused = (exit: Exit.Exit<unknown, { readonly _tag: string }>, tag: string) =>
    assert.strictEqual(
      Exit.isFailure(exit)
        ? exit.cause.reasons.map((reason) => (reason._tag === "Fail" ? reason.error._tag : "?")).join()
        : "allowed",
      tag
    )

  switch (step.act) {
    case "send": {
      const given = chosen(model.messages, step.pick)
      const parentId = step.parent === "root" ? null : step.parent === "given" ? given?.id : undefined
      const context = step.reply ? asked : withoutRun(asked)
      const exit = yield* Effect.exit(
        store.acceptSend(key, { clientMessageId, content, ...(parentId === undefined ? {} : { parentId }) }, context)
      )
      if (step.reply && model.open !== undefined) return refused(exit, "Conflict")
      const parent = parentId === undefined ? (model.messages.at(-1)?.id ?? null) : parentId
      const question: Said = { id: asked.messageId, parentId: parent, isAnswer: false, text, status: "complete" }
      return accepted(exit, question, step.reply ? asked.run : null, asked.messageId)
    }
    case "again": {
      const before = chosen(model.accepted, step.pick)
      if (before === undefined) return
      const { accepted: answer, roomEvents } = yield* store.acceptSend(
        key,
        { clientMessageId: before.clientMessageId, content },
        asked
      )
      assert.deepStrictEqual(
        [answer.duplicate, answer.messageId, answer.run?.runId ?? null, roomEvents],
        [true, before.messageId, before.runId, []]
      )
      return
    }
    case "regenerate": {
      const target = chosen(model.messages, step.pick)
      if (target === undefined) return
      const exit = yield* Effect.exit(store.acceptRegenerate(key, { clientMessageId, messageId: target.id }, asked))
      if (!target.isAnswer) return refused(exit, "InvalidRequest")
      if (model.open !== undefined) return refused(exit, "Conflict")
      return accepted(exit, undefined, asked.run, target.parentId)
    }
    case "edit": {
      const target = chosen(model.messages, step.pick)
      if (target === undefined) return
      const exit = yield* Effect.exit(store.acceptEdit(key, { clientMessageId, messageId: target.id, content }, asked))
      if (target.isAnswer || step.byBob) return refused(exit, "InvalidRequest")
      if (model.open !== undefined) return refused(exit, "Conflict")
      const question: Said = { id: asked.messageId, parentId: target.parentId, isAnswer: false, text, status: "complete" }
      return accepted(exit, question, asked.run, asked.messageId)
    }
    case "close": {
      const { open } = model
      if (open === undefined) return
      const { status, terminal } = terminals[step.terminal]
      const epoch = step.stale ? yield* makeEpoch : open.epoch
      const closed = yield* store.closeRun(key, {
        ...closeOf({ run: { ...asked.run, ...open, epoch } }, "answer"),
        terminal,
        finishReason: step.terminal === "complete" ? "stop" : null
      })
      assert.strictEqual(Option.isSome(closed), !step.stale)
      if (step.stale) return
      model.seq++
      model.open = undefined
      for (const message of model.messages) if (message.id === open.messageId) Object.assign(message, { status, text: "answer" })
      return
    }
    case "take-over": {
      if (model.open === undefined) return
      const epoch = yield* makeEpoch
      assert.isTrue(yield* store.takeOverRun(key, model.open.runId, { from: model.open.epoch, to: epoch }))
      model.open.epoch = epoch
    }
  }
})

layer(Tested, { timeout: "60 seconds" })("A conversation", (it) => {
  it.effect.prop(
    "is at rest what a model of it says, after any sequence of acts",
    { steps: Steps },
    ({ steps }) =>
      Effect.gen(function* () {
        const store = yield* ConversationStore
        const tenant = yield* seedTenant
        const key = yield* seedConversation(tenant)
        const model: Model = { messages: [], accepted: [], open: undefined, seq: 0 }
        for (const step of steps) yield* apply(step, model, { key, alice: tenant.alice, bob: tenant.bob })

        const { items } = yield* store.messages(key, { limit: 200 })
        assert.deepStrictEqual(
          items.map(({ content, id, parentId, role, status }) => ({
            id,
            parentId,
            isAnswer: role === "assistant",
            text: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
            status
          })),
          model.messages
        )
        const loaded = Option.getOrThrow(yield* store.load(key))
        assert.strictEqual(loaded.roomSeq, model.seq)
        assert.deepStrictEqual(
          loaded.openRuns.map(({ epoch, runId }) => ({ epoch, runId })),
          model.open === undefined ? [] : [{ epoch: model.open.epoch, runId: model.open.runId }]
        )
        const events = Option.getOrThrow(yield* store.roomEventsAfter(key, 0, 1_000))
        assert.deepStrictEqual(
          events.map(({ seq }) => seq),
          Array.from({ length: model.seq }, (_, index) => index + 1)
        )
      }),
    { timeout: 60_000, arbitrary: { runs: 60 } }
  )
})
