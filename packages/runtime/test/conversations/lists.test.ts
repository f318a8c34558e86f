/** Whose list of conversations is told what, by what happens in one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { untitled } from "@parley/domain/Conversations"
import { Notices } from "@parley/domain/Notices"
import type { Notice } from "@parley/domain/Notices"
import { as, clientMessageId, settle, text } from "./harness.ts"
import { conversationWorld } from "./world.ts"

const recorded = <A, E, R>(use: (told: Array<Notice>) => Effect.Effect<A, E, R>) => {
  const told: Array<Notice> = []
  return Effect.provideService(use(told), Notices, { tell: (notice) => void told.push(notice), listen: () => Effect.void })
}

/** Each as `change: people`. */
const shown = (told: Array<Notice>): ReadonlyArray<string> =>
  told.splice(0).map((notice) => (notice.type === "list" ? `${notice.change.type}: ${notice.principalIds.length}` : notice.type))

describe("the lists of a conversation's members", () => {
  it.effect("are told that it was made, renamed and left by name, and once for each message and each answer", () =>
    recorded((told) =>
      Effect.gen(function* () {
        const world = yield* conversationWorld()
        const { id } = yield* world.create({ title: "Ours" })
        assert.deepStrictEqual(shown(told), ["changed: 1"])
        const other = yield* world.join(id)
        assert.deepStrictEqual(shown(told), ["changed: 2"])
        yield* world.as(world.conversations.update(id, { title: "Everybody's" }))
        assert.deepStrictEqual(shown(told), ["changed: 2"])
        yield* world.send(id, "c", "Hi")
        assert.deepStrictEqual(shown(told), ["moved: 2"])
        const call = yield* world.provider.call(0)
        for (let token = 0; token < 1_000; token++) call.say("token ")
        yield* settle
        assert.deepStrictEqual(shown(told), [], "nothing for a token")
        yield* call.complete()
        yield* settle
        assert.deepStrictEqual(shown(told), ["moved: 2"])
        yield* as(other)(
          world.conversations.send(id, { clientMessageId: clientMessageId("d"), content: text("Hi"), reply: false })
        )
        assert.deepStrictEqual(shown(told), ["moved: 2"])
        yield* as(other)(world.conversations.removeMember(id, other.principalId))
        assert.deepStrictEqual(shown(told), ["changed: 2"], "who left is told too")
        yield* world.as(world.conversations.remove(id))
        assert.deepStrictEqual(shown(told), ["changed: 1"])
      })
    )
  )

  it.effect("are told of the name that the first message gives", () =>
    recorded((told) =>
      Effect.gen(function* () {
        const world = yield* conversationWorld()
        const { id } = yield* world.create({ title: untitled })
        shown(told)
        yield* world.send(id, "c", "About otters")
        yield* settle
        assert.deepStrictEqual(shown(told), ["moved: 1", "changed: 1"])
      })
    )
  )
})
