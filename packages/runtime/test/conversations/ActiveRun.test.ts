import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { textOf } from "@parley/domain/Content"
import { makeConversationId, makeEpoch, makeMessageId, makePrincipalId, makeRunId } from "@parley/domain/Ids"
import { initialRunState } from "@parley/domain/foldRun"
import { ActiveRun } from "../../src/conversations/ActiveRun.ts"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { FlushSchedule } from "../../src/conversations/FlushScheduler.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { ManualLoop } from "./ManualLoop.ts"

const control = { pause: () => {}, resume: () => {} }

const flowing = Effect.gen(function* () {
  const messageId = yield* makeMessageId
  const runId = yield* makeRunId
  const identity = { conversationId: yield* makeConversationId, runId, epoch: yield* makeEpoch }
  const model = "scripted/one"
  const log = new RunLog(identity, initialRunState(messageId, model), 0, defaultConversationLimits)
  let frames = 0
  log.attach({ deliver: () => frames++ })
  const loop = new ManualLoop()
  const principalId = yield* makePrincipalId
  const question = { runId, messageId, principalId, model, parameters: {}, requestId: null }
  const run = new ActiveRun(question, log, new FlushSchedule(defaultConversationLimits, loop))
  const say = (text: string) => {
    run.sink([{ type: "text-delta", text }], control)
    loop.turn()
  }
  say("Half ")
  say("an ")
  say("answer")
  return { log, run, say, framesTold: () => frames }
})

describe("a run that speaks", () => {
  it.effect.each(["cancel", "provider-finished", "provider-failed", "interrupted", "fenced", "abandon"] as const)(
    "says nothing of what comes after: %s",
    (happening) =>
      Effect.gen(function* () {
        const { framesTold, log, run, say } = yield* flowing
        assert.strictEqual(framesTold(), 3)
        run.on(happening)
        say(" and more")
        log.flushAll()
        assert.strictEqual(framesTold(), 3)
        assert.strictEqual(textOf(log.state.content), "Half an answer")
      })
  )
})
