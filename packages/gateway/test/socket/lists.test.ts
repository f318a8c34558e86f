import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ConversationId, PrincipalId, TenantId } from "@parley/domain/Ids"
import { Notices } from "@parley/domain/Notices"
import type { ListChange } from "@parley/domain/Notices"
import { maxUnreadListBytes } from "../../src/socket/socketLimits.ts"
import { SocketBench, turn } from "../support/socketBench.ts"
import { goodKey } from "../support/socketKeys.ts"

const conversationId = ConversationId.make(`cnv_${"0".repeat(26)}`)
/** As `socketKeys` knows them. */
const tenantId = TenantId.make(`ten_${"0".repeat(26)}`)
const principalId = PrincipalId.make(`prn_${"1".repeat(26)}`)
const other = PrincipalId.make(`prn_${"2".repeat(26)}`)
const moved: ListChange = { type: "moved", conversationId, atMs: 5 }

const onBench = <A, E>(use: (bench: SocketBench) => Effect.Effect<A, E, never>): Effect.Effect<A, E> => {
  const bench = new SocketBench()
  return use(bench).pipe(Effect.provide(bench.layer().pipe(Layer.provideMerge(Notices.layerMemory))), Effect.scoped)
}
const tellList = (change: ListChange, to: ReadonlyArray<PrincipalId> = [principalId]) =>
  Effect.map(Notices, ({ tell }) => tell({ type: "list", tenantId, principalIds: to, change }))

describe("a person's list", () => {
  it.effect("is told of to the sockets that asked for it, of that person, for as long as they are open", () =>
    onBench((bench) =>
      Effect.gen(function* () {
        const [asking, silent] = [yield* bench.connect(), yield* bench.connect()]
        asking.write({ type: "follow-list", id: "l" })
        yield* turn
        assert.deepInclude(asking.frames.at(-1), { type: "done", id: "l" })
        yield* tellList(moved)
        yield* tellList({ type: "folders" }, [other])
        yield* turn
        assert.deepStrictEqual(asking.frames.slice(2), [{ type: "list-changed", change: moved }])
        assert.strictEqual(silent.frames.length, 1)
        asking.terminate()
        yield* tellList(moved)
        yield* turn
        assert.strictEqual(asking.frames.length, 3)
      })
    )
  )

  it.effect("is told of to one that is far behind once it has read, and then as a whole", () =>
    onBench((bench) =>
      Effect.gen(function* () {
        const socket = yield* bench.connect()
        socket.write({ type: "follow-list", id: "l" })
        yield* turn
        socket.buffered = maxUnreadListBytes
        for (let times = 0; times < 1_000; times++) yield* tellList(moved)
        yield* turn
        assert.strictEqual(socket.frames.length, 2)
        socket.buffered = 0
        socket.wire?.drain()
        socket.wire?.drain()
        yield* turn
        assert.deepStrictEqual(socket.frames.slice(2), [{ type: "list-changed", change: { type: "all" } }])
      })
    )
  )
})

describe("a credential that a notice ends", () => {
  it.effect("closes its sockets at once with 4501; those of other people are not even asked about", () =>
    onBench((bench) =>
      Effect.gen(function* () {
        const { tell } = yield* Notices
        const socket = yield* bench.connect()
        yield* turn
        const asked = bench.keys.asked
        tell({ type: "credentials", tenantId, principalId: other })
        yield* turn
        assert.strictEqual(bench.keys.asked, asked)
        tell({ type: "credentials", tenantId, principalId })
        yield* turn
        assert.isFalse(socket.closed, "another one of the same person")
        bench.keys.good.delete(goodKey)
        tell({ type: "credentials", tenantId })
        yield* turn
        assert.strictEqual(socket.closeCode, 4501)
      })
    )
  )
})
