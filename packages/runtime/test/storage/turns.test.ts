import { assert, describe, layer } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import { TestClock } from "effect/testing"
import type { Message } from "@parley/domain/Message"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { makeClientMessageId, makeConversationId, makeEpoch, makeMessageId, makeRunId } from "./support/ids.ts"
import { closeOf, contextOf, said, seedConversation, seedTenant, withoutRun } from "./support/TestDatabase.ts"
import { allMessages, failureTag, seeded, Tested, types } from "./support/seededStore.ts"

type Asked = Effect.Success<ReturnType<typeof contextOf>>

layer(Tested, { timeout: "60 seconds" })("SqlConversationStore", (it) => {
  describe("turns", () => {
    it.effect("stores a send as its message, the empty answer, the run, and three events of the room", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        const { accepted, roomEvents } = yield* store.acceptSend(key, said("hello"), context)
        assert.deepStrictEqual(accepted, {
          messageId: context.messageId,
          run: { runId: context.run.runId, messageId: context.run.messageId, epoch: context.run.epoch },
          duplicate: false
        })
        assert.deepStrictEqual(types(roomEvents), ["1 message-added", "2 message-added", "3 run-started"])
        const messages = yield* allMessages(key)
        assert.deepStrictEqual(
          messages.map(({ id, parentId, role, status }) => ({ id, parentId, role, status })),
          [
            { id: context.messageId, parentId: null, role: "user", status: "complete" },
            { id: context.run.messageId, parentId: context.messageId, role: "assistant", status: "streaming" }
          ]
        )
        const run = Option.getOrThrow(yield* store.run(key, context.run.runId))
        assert.deepInclude(run, {
          principalId: alice,
          status: "running",
          epoch: context.run.epoch,
          requestId: context.run.requestId,
          terminal: null
        })
        const loaded = Option.getOrThrow(yield* store.load(key))
        assert.deepStrictEqual([loaded.roomSeq, loaded.openRuns], [3, [run]])
        const told = roomEvents.flatMap(({ event }) => (event.type === "message-added" ? [event.message] : []))
        assert.deepStrictEqual(told, messages)
      })
    )

    it.effect("counts a message sent twice under one id once, for 24 hours and not longer", () =>
      Effect.gen(function* () {
        const { alice, bob, key, store } = yield* seeded
        const command = said("hello")
        const first = withoutRun(yield* contextOf(alice))
        const { accepted } = yield* store.acceptSend(key, command, first)
        yield* TestClock.adjust("23 hours")
        const again = yield* store.acceptSend(key, command, yield* contextOf(alice))
        assert.deepStrictEqual(again, { accepted: { ...accepted, duplicate: true }, roomEvents: [] })
        // Another author's ids are another author's.
        assert.isFalse((yield* store.acceptSend(key, command, withoutRun(yield* contextOf(bob)))).accepted.duplicate)
        yield* TestClock.adjust("2 hours")
        assert.isFalse((yield* store.acceptSend(key, command, withoutRun(yield* contextOf(alice)))).accepted.duplicate)
        assert.strictEqual((yield* allMessages(key)).length, 3)
      })
    )

    it.effect("answers a duplicate as before even while the run is open, and when what it asked is gone", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const command = said("hello")
        const { accepted } = yield* store.acceptSend(key, command, yield* contextOf(alice))
        const again = yield* store.acceptSend(key, { ...command, parentId: yield* makeMessageId }, yield* contextOf(alice))
        assert.deepStrictEqual(again.accepted, { ...accepted, duplicate: true })
      })
    )

    it.effect("allows one open run a conversation, and messages to people meanwhile", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("one"), context)
        const before = yield* allMessages(key)
        assert.strictEqual(yield* failureTag(store.acceptSend(key, said("two"), yield* contextOf(alice))), "Conflict")
        assert.strictEqual(
          yield* failureTag(
            store.acceptRegenerate(
              key,
              { clientMessageId: makeClientMessageId(), messageId: context.run.messageId },
              yield* contextOf(alice)
            )
          ),
          "Conflict"
        )
        assert.deepStrictEqual(yield* allMessages(key), before)
        yield* store.acceptSend(key, { ...said("aside"), reply: false }, withoutRun(yield* contextOf(alice)))
        yield* store.closeRun(key, closeOf(context, "done"))
        yield* store.acceptSend(key, said("three"), yield* contextOf(alice))
      })
    )

    it.effect("lets one of several concurrent turns open a run, and numbers the room without gaps", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const exits = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, index) => index),
          (index) =>
            Effect.flatMap(contextOf(alice), (context) =>
              Effect.exit(store.acceptSend(key, said(`${index}`), index % 3 === 0 ? context : withoutRun(context)))
            ),
          { concurrency: "unbounded" }
        )
        const results = exits.flatMap((exit) => (Exit.isSuccess(exit) ? [exit.value] : []))
        assert.strictEqual(results.filter(({ accepted }) => accepted.run !== null).length, 1)
        assert.strictEqual(results.filter(({ accepted }) => accepted.run === null).length, 8)
        const seqs = results.flatMap(({ roomEvents }) => roomEvents.map(({ seq }) => seq)).toSorted((a, b) => a - b)
        assert.deepStrictEqual(
          seqs,
          Array.from({ length: 11 }, (_, index) => index + 1)
        )
        assert.strictEqual(Option.getOrThrow(yield* store.load(key)).roomSeq, 11)
      })
    )

    for (const [kind, ask] of [
      ["that ask for an answer", (context: Asked) => context],
      ["to people only", (context: Asked) => withoutRun(context)]
    ] as const) {
      it.effect(`accepts one of several concurrent sends ${kind} under one id, and answers the others with it`, () =>
        Effect.gen(function* () {
          const { alice, key, store } = yield* seeded
          const command = said("once")
          const results = yield* Effect.forEach(
            Array.from({ length: 8 }),
            () => Effect.flatMap(contextOf(alice), (context) => store.acceptSend(key, command, ask(context))),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(new Set(results.map(({ accepted }) => accepted.messageId)).size, 1)
          assert.strictEqual(results.filter(({ accepted }) => !accepted.duplicate).length, 1)
          assert.strictEqual((yield* allMessages(key)).filter(({ role }) => role === "user").length, 1)
        })
      )
    }

    it.effect("hangs a send after the newest message, a given one, or the root", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const send = (text: string, parent: object) =>
          Effect.gen(function* () {
            const context = withoutRun(yield* contextOf(alice))
            yield* store.acceptSend(key, { ...said(text), ...parent }, context)
            return context.messageId
          })
        const first = yield* send("first", {})
        const second = yield* send("second", {})
        const beside = yield* send("beside", { parentId: first })
        const newest = yield* send("newest", {})
        const root = yield* send("root", { parentId: null })
        assert.deepStrictEqual(
          (yield* allMessages(key)).map(({ id, parentId }) => [id, parentId]),
          [
            [first, null],
            [second, first],
            [beside, first],
            [newest, beside],
            [root, null]
          ]
        )
        assert.strictEqual(yield* failureTag(send("lost", { parentId: yield* makeMessageId })), "NotFound")
        const elsewhere = yield* seedConversation(yield* seedTenant)
        assert.strictEqual(
          yield* failureTag(store.acceptSend(elsewhere, { ...said("x"), parentId: first }, withoutRun(yield* contextOf(alice)))),
          "NotFound"
        )
      })
    )

    it.effect("regenerates an answer as its sibling, and only an answer", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const asked = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), asked)
        yield* store.closeRun(key, closeOf(asked, "first answer"))
        const again = yield* contextOf(alice)
        const { accepted, roomEvents } = yield* store.acceptRegenerate(
          key,
          { clientMessageId: makeClientMessageId(), messageId: asked.run.messageId },
          again
        )
        assert.strictEqual(accepted.messageId, asked.messageId)
        assert.deepStrictEqual(types(roomEvents), ["5 message-added", "6 run-started"])
        const sibling = (yield* allMessages(key)).find(({ id }) => id === again.run.messageId)
        assert.strictEqual(sibling?.parentId, asked.messageId)
        yield* store.closeRun(key, closeOf(again, "second answer"))
        const regenerate = (messageId: Message["id"]) =>
          Effect.flatMap(contextOf(alice), (context) =>
            failureTag(store.acceptRegenerate(key, { clientMessageId: makeClientMessageId(), messageId }, context))
          )
        assert.strictEqual(yield* regenerate(asked.messageId), "InvalidRequest")
        assert.strictEqual(yield* regenerate(yield* makeMessageId), "NotFound")
      })
    )

    it.effect("edits one's own message as its sibling, and nobody else's", () =>
      Effect.gen(function* () {
        const { alice, bob, key, store } = yield* seeded
        const first = withoutRun(yield* contextOf(alice))
        yield* store.acceptSend(key, said("first"), first)
        const second = withoutRun(yield* contextOf(alice))
        yield* store.acceptSend(key, said("second"), second)
        const edit = { clientMessageId: makeClientMessageId(), messageId: second.messageId, content: said("better").content }
        const edited = yield* contextOf(alice)
        const { accepted } = yield* store.acceptEdit(key, edit, edited)
        assert.strictEqual(accepted.messageId, edited.messageId)
        const path = yield* store.path(key, edited.run.messageId, 10)
        assert.deepStrictEqual(
          path.map(({ id }) => id),
          [first.messageId, edited.messageId, edited.run.messageId]
        )
        yield* store.closeRun(key, closeOf(edited, "done"))
        const theirs = { ...edit, clientMessageId: makeClientMessageId() }
        assert.strictEqual(yield* failureTag(store.acceptEdit(key, theirs, yield* contextOf(bob))), "InvalidRequest")
        assert.strictEqual(
          yield* failureTag(store.acceptEdit(key, { ...theirs, messageId: edited.run.messageId }, yield* contextOf(alice))),
          "InvalidRequest"
        )
      })
    )

    it.effect("knows no turn of a conversation that is not there", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const gone = { ...key, conversationId: yield* makeConversationId }
        assert.strictEqual(yield* failureTag(store.acceptSend(gone, said("x"), yield* contextOf(alice))), "NotFound")
      })
    )

    it.effect("gives content back byte-equal, whatever JSON can write", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const text = 'NUL \0, lone \uD800, "quotes", \\ and 🦜 \u2028'
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said(text), context)
        yield* store.closeRun(key, closeOf(context, text))
        const [question, answer] = yield* allMessages(key)
        assert.deepStrictEqual(question?.content, [{ type: "text", text }])
        assert.deepStrictEqual(answer?.content, [{ type: "text", text }])
      })
    )
  })

  describe("the end of a run", () => {
    it.effect("stores message, terminal and event once, whoever else tries", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), context)
        const usage = { inputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 }
        const close = { ...closeOf(context, "answer"), usage, answeredBy: "one/first" }
        const closed = yield* Effect.forEach([close, close, close], (each) => store.closeRun(key, each), {
          concurrency: "unbounded"
        })
        const [ended, ...others] = closed.flatMap(Option.toArray)
        assert.deepStrictEqual(others, [])
        assert.isDefined(ended)
        assert.deepInclude(ended.message, { status: "complete", finishReason: "stop", lastSeq: 3, usage, error: null })
        assert.deepInclude(
          ended.message,
          { model: context.run.model, answeredBy: "one/first", askedModel: null },
          "nobody failed"
        )
        assert.deepStrictEqual(types(ended.roomEvents), ["4 message-closed"])
        assert.deepStrictEqual(
          yield* store.closedRun(key, context.run.runId),
          Option.some({ message: ended.message, terminal: close.terminal })
        )
        assert.deepStrictEqual(Option.getOrThrow(yield* store.load(key)).openRuns, [])
      })
    )

    it.effect("refuses an owner whose epoch was taken over", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), context)
        const epoch = yield* makeEpoch
        const { epoch: from, runId } = context.run
        assert.isTrue(yield* store.takeOverRun(key, runId, { from, to: epoch }))
        assert.isFalse(yield* store.takeOverRun(key, runId, { from, to: yield* makeEpoch }), "another was faster")
        assert.deepStrictEqual(yield* store.closeRun(key, closeOf(context, "stale")), Option.none())
        assert.deepStrictEqual(yield* store.closedRun(key, context.run.runId), Option.none())
        const closed = yield* store.closeRun(key, { ...closeOf(context, "fresh"), epoch })
        assert.isTrue(Option.isSome(closed))
        assert.isFalse(yield* store.takeOverRun(key, runId, { from: epoch, to: yield* makeEpoch }))
        assert.isFalse(yield* store.takeOverRun(key, yield* makeRunId, { from: epoch, to: yield* makeEpoch }))
      })
    )

    it.effect("keeps the partial text of a run that was stopped or that failed, and why", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const terminals = [
          { type: "run-cancel" as const },
          { type: "run-fail" as const, code: "provider_failed", message: "it broke" }
        ]
        for (const terminal of terminals) {
          const context = yield* contextOf(alice)
          yield* store.acceptSend(key, said("question"), context)
          yield* store.closeRun(key, { ...closeOf(context, "half"), terminal, finishReason: null })
          const { message, terminal: stored } = Option.getOrThrow(yield* store.closedRun(key, context.run.runId))
          assert.deepStrictEqual(stored, terminal)
          assert.deepStrictEqual(message.content, [{ type: "text", text: "half" }])
          assert.strictEqual(message.status, terminal.type === "run-cancel" ? "cancelled" : "failed")
          assert.deepStrictEqual(
            message.error,
            terminal.type === "run-cancel" ? null : { code: "provider_failed", message: "it broke" }
          )
        }
      })
    )

    it.effect("finds the open runs of all tenants, oldest first", () =>
      Effect.gen(function* () {
        const store = yield* ConversationStore
        const started: Array<string> = []
        for (const _ of [1, 2, 3]) {
          const { alice, key } = yield* seeded
          const context = yield* contextOf(alice)
          yield* TestClock.adjust(1_000)
          yield* store.acceptSend(key, said("question"), context)
          started.push(context.run.runId)
        }
        const open = yield* store.openRuns(1_000)
        const found = open.flatMap(({ runId }) => (started.includes(runId) ? [runId] : []))
        assert.deepStrictEqual(found, started)
        assert.strictEqual((yield* store.openRuns(1)).length, 1)
        assert.isTrue(open.every((run, index) => index === 0 || run.startedAtMs >= (open[index - 1]?.startedAtMs ?? 0)))
      })
    )
  })
})
