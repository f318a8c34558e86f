import { Cause, Deferred, Effect, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { ParleyRpcClient } from "@parley/domain/rpc/ParleyRpcClient"
import { Conflict, NotFound, Unauthorized } from "@parley/domain/Errors"
import { ClientMessageId, ConversationId, MessageId, RunId } from "@parley/domain/Ids"
import type { RunFrame } from "@parley/domain/RunFrame"
import { engines } from "../server/support/engines.ts"
import { startDoors, until } from "../support/socketDoors.ts"
import type { RunningDoors } from "../support/socketDoors.ts"
import { goodKey } from "../support/socketKeys.ts"

const unknownRun = RunId.make(`run_${"0".repeat(26)}`)
const content = [{ type: "text" as const, text: "hello" }] as const
let asked = 0
const clientMessageId = () => ClientMessageId.make(`c${asked++}`)

describe.each(engines)("rpc on %s", (engine) => {
  let doors: RunningDoors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  const client = (key = goodKey) =>
    ParleyRpcClient.layer({ url: `${doors.url}/rpc`, key: Redacted.make(key) }).pipe(Layer.provide(FetchHttpClient.layer))
  const call = <A, E>(effect: Effect.Effect<A, E, ParleyRpcClient>, key?: string): Promise<A> =>
    Effect.runPromise(Effect.provide(effect, client(key)))
  const failure = async <A, E>(effect: Effect.Effect<A, E, ParleyRpcClient>, key?: string): Promise<E> => {
    const exit = await Effect.runPromiseExit(Effect.provide(effect, client(key)))
    assert(Exit.isFailure(exit))
    const error = exit.cause.reasons.find(Cause.isFailReason)
    assert(error !== undefined)
    return error.error
  }
  const conversation = () => Effect.runPromise(doors.conversations.addConversation())
  const runOf = (runId: RunId) => {
    const run = doors.conversations.runs.get(runId)
    assert(run !== undefined)
    return run
  }
  const send = async (conversationId: ConversationId) => {
    const accepted = await call(
      Effect.flatMap(ParleyRpcClient, (parley) => parley.Send({ conversationId, clientMessageId: clientMessageId(), content }))
    )
    assert(accepted.run !== null)
    return runOf(accepted.run.runId)
  }

  it("refuses a title that is longer than the other doors take, before the conversation is made", async () => {
    const create = async (title: string) => {
      const asked = doors.conversations.calls.length
      const message = { _tag: "Request", id: "1", tag: "CreateConversation", payload: { title }, headers: [] }
      const response = await fetch(`${doors.url}/rpc`, {
        method: "POST",
        headers: { authorization: `Bearer ${goodKey}`, "content-type": "application/x-ndjson" },
        body: `${JSON.stringify(message)}\n`
      })
      await response.text()
      return doors.conversations.calls.length - asked
    }
    assert.strictEqual(await create("x".repeat(256)), 1)
    assert.strictEqual(await create("x".repeat(257)), 0)
  })

  it("a program of another process asks, and follows the answer to its end", async () => {
    const conversationId = await conversation()
    const script = fileURLToPath(new URL("internalService.ts", import.meta.url))
    const running = promisify(execFile)(process.execPath, [script, `${doors.url}/rpc`, goodKey, conversationId])
    const ran = running.catch((error: unknown) => {
      throw new Error("the other process failed", { cause: error })
    })
    await Promise.race([
      until("it follows", () => [...doors.conversations.followers].some(({ id }) => id === conversationId), 20_000),
      ran
    ])
    const run = [...doors.conversations.runs.values()].find((run) => run.conversationId === conversationId)
    assert(run !== undefined)
    await until("it subscribed", () => [...doors.conversations.followers].some((follower) => follower.runs.has(run.runId)))
    const words = Array.from({ length: 200 }, (_, i) => `word ${i} äöü 🦜 `)
    for (const word of words) doors.conversations.text(run, word)
    doors.conversations.complete(run)
    const { stdout } = await ran
    const told = JSON.parse(stdout)
    assert.strictEqual(told.text, words.join(""))
    assert.strictEqual(told.last, run.events.length)
    await until("its follower is released", () => doors.conversations.followers.size === 0)
  }, 30_000)

  it("every call reaches its conversation as the key's caller", async () => {
    const created = await call(Effect.flatMap(ParleyRpcClient, (parley) => parley.CreateConversation({ model: "demo/other" })))
    assert.strictEqual(created.model, "demo/other")
    const conversationId = created.id
    const messageId = MessageId.make(`msg_${"0".repeat(26)}`)
    const result = await call(
      Effect.gen(function* () {
        const parley = yield* ParleyRpcClient
        const run = (yield* parley.Regenerate({ conversationId, clientMessageId: clientMessageId(), messageId })).run
        assert(run !== null)
        const runId = run.runId
        yield* parley.Edit({ conversationId, clientMessageId: clientMessageId(), messageId, content })
        return {
          conversation: yield* parley.GetConversation({ conversationId }),
          messages: yield* parley.ListMessages({ conversationId, limit: 10 }),
          cancelled: yield* parley.Cancel({ conversationId, runId }),
          run: yield* parley.GetRun({ conversationId, runId }),
          models: yield* parley.ListModels(),
          answer: yield* parley.Complete({ model: "demo/echo", messages: [], parameters: {} })
        }
      })
    )
    assert.strictEqual(result.conversation.id, conversationId)
    assert.strictEqual(result.messages.items.length, 4)
    assert.strictEqual(result.cancelled.status, "cancelled")
    assert.strictEqual(result.run.status, "cancelled")
    assert.strictEqual(result.models[0]?.id, "demo/echo")
    assert.strictEqual(result.answer.finishReason, "stop")
    const callers = new Set(doors.conversations.calls.map(({ caller }) => caller.principalId))
    assert.strictEqual(callers.size, 1)
  })

  it("errors come as what they are", async () => {
    const conversationId = ConversationId.make(`cnv_${"0".repeat(26)}`)
    const get = Effect.flatMap(ParleyRpcClient, (parley) => parley.GetConversation({ conversationId }))
    assert.instanceOf(await failure(get), NotFound)
    assert.instanceOf(await failure(get, "pk_wrong"), Unauthorized)
    doors.conversations.before = () => Effect.fail(new Conflict({ message: "a run is active" }))
    const conflict = await failure(get)
    doors.conversations.before = () => Effect.void
    assert(conflict instanceof Conflict && conflict.message === "a run is active")
    const follow = Effect.flatMap(ParleyRpcClient, (parley) =>
      Stream.runDrain(parley.FollowRun({ conversationId, runId: unknownRun }))
    )
    assert.instanceOf(await failure(follow), NotFound)
    assert.instanceOf(await failure(follow, "pk_wrong"), Unauthorized)
  })

  it("a defect fails its own call only", async () => {
    const conversationId = await conversation()
    const get = Effect.flatMap(ParleyRpcClient, (parley) => parley.GetConversation({ conversationId }))
    doors.conversations.before = () => Effect.die(new Error("a defect of the test"))
    const exit = await Effect.runPromiseExit(Effect.provide(get, client()))
    doors.conversations.before = () => Effect.void
    assert(Exit.isFailure(exit))
    assert.strictEqual((await call(get)).id, conversationId)
  })

  it("a follow from a cursor brings only what is missing, and a finished run's ends by itself", async () => {
    const conversationId = await conversation()
    const run = await send(conversationId)
    for (const text of ["one ", "two ", "three"]) doors.conversations.text(run, text)
    doors.conversations.complete(run)
    const frames = await call(
      Effect.flatMap(ParleyRpcClient, (parley) =>
        Stream.runCollect(parley.FollowRun({ conversationId, runId: run.runId, epoch: run.epoch, afterSeq: 3 }))
      )
    )
    assert.deepStrictEqual(
      frames.map((frame) => frame.type),
      ["delta", "caught-up"]
    )
    const [delta] = frames
    assert(delta?.type === "delta" && delta.seq === 4 && delta.count === 3)
    const gone = await call(
      Effect.flatMap(ParleyRpcClient, (parley) => Stream.runCollect(parley.FollowRun({ conversationId, runId: unknownRun })))
    )
    assert.deepStrictEqual(
      gone.map((frame) => frame.type),
      ["gone", "caught-up"]
    )
  })

  it("who leaves a follow releases its follower, and the run goes on", async () => {
    const conversationId = await conversation()
    const run = await send(conversationId)
    const first = await Effect.runPromise(Deferred.make<RunFrame>())
    const fiber = Effect.runFork(
      Effect.provide(
        Effect.flatMap(ParleyRpcClient, (parley) =>
          Stream.runForEach(parley.FollowRun({ conversationId, runId: run.runId }), (frame) => Deferred.succeed(first, frame))
        ),
        client()
      )
    )
    await Effect.runPromise(Deferred.await(first))
    assert.strictEqual(doors.conversations.followers.size, 1)
    await Effect.runPromise(Fiber.interrupt(fiber))
    await until("its follower is released", () => doors.conversations.followers.size === 0)
    assert.strictEqual(run.status, "running")
  })

  it("a room is followed with its new runs, until its caller leaves", async () => {
    const conversationId = await conversation()
    const frames = await call(
      Effect.gen(function* () {
        const parley = yield* ParleyRpcClient
        return yield* parley.FollowRoom({ conversationId }).pipe(
          Stream.tap((frame) =>
            frame.type === "room-snapshot"
              ? parley.Send({ conversationId, clientMessageId: clientMessageId(), content })
              : Effect.void
          ),
          Stream.take(5),
          Stream.runCollect
        )
      })
    )
    assert.deepStrictEqual(
      frames.map((frame) => frame.type),
      ["room-snapshot", "room", "room", "room", "delta"]
    )
    await until("its follower is released", () => doors.conversations.followers.size === 0)
  })

  it("a follower that is closed ends its stream with what to do: busy is tried again, gone is not", async () => {
    const conversationId = await conversation()
    for (const [code, tag] of [
      [4001, "Busy"],
      [4502, "NotFound"]
    ] as const) {
      const failed = failure(Effect.flatMap(ParleyRpcClient, (parley) => Stream.runDrain(parley.FollowRoom({ conversationId }))))
      await until("it follows", () => doors.conversations.followers.size === 1)
      for (const follower of doors.conversations.followers) follower.port.close(code, "closed")
      assert.strictEqual((await failed)._tag, tag)
      await until("its follower is released", () => doors.conversations.followers.size === 0)
    }
  })

  it("a reader that is slow makes its follower see what waits, and drained when it has gone", async () => {
    const conversationId = await conversation()
    const run = await send(conversationId)
    const read = await Effect.runPromise(Deferred.make<void>())
    const begun = await Effect.runPromise(Deferred.make<void>())
    const fiber = Effect.runFork(
      Effect.provide(
        Effect.flatMap(ParleyRpcClient, (parley) =>
          Stream.runForEach(parley.FollowRun({ conversationId, runId: run.runId }), () =>
            Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(read))
          )
        ),
        client()
      )
    )
    await Effect.runPromise(Deferred.await(begun))
    const [follower] = doors.conversations.followers
    assert(follower !== undefined && follower.port.acknowledges === false)
    // Far more than sockets and buffers on the way can hold.
    const text = "x".repeat(262_144)
    await until(
      "something waits",
      () => {
        doors.conversations.text(run, text)
        return follower.port.bufferedBytes() > 4 * text.length
      },
      15_000
    )
    const drainsBefore = doors.conversations.drains
    await Effect.runPromise(Deferred.succeed(read, undefined))
    await until("it has drained", () => follower.port.bufferedBytes() === 0 && doors.conversations.drains > drainsBefore, 15_000)
    doors.conversations.complete(run)
    assert(Exit.isSuccess(await Effect.runPromise(Fiber.await(fiber))))
  }, 40_000)

  it("a reader that does not read at all is told that it is too slow, after what it is owed", async () => {
    const conversationId = await conversation()
    const run = await send(conversationId)
    const read = await Effect.runPromise(Deferred.make<void>())
    const failed = failure(
      Effect.flatMap(ParleyRpcClient, (parley) =>
        Stream.runForEach(parley.FollowRun({ conversationId, runId: run.runId }), () => Deferred.await(read))
      )
    )
    await until("it follows", () => [...doors.conversations.followers].some((follower) => follower.runs.has(run.runId)))
    const [follower] = doors.conversations.followers
    await until(
      "too much waits",
      () => {
        doors.conversations.text(run, "x".repeat(262_144))
        return (follower?.port.bufferedBytes() ?? 0) > 4_194_304
      },
      15_000
    )
    await Effect.runPromise(Deferred.succeed(read, undefined))
    assert.strictEqual((await failed)._tag, "Busy")
    await until("its follower is released", () => doors.conversations.followers.size === 0)
  }, 40_000)

  it("a wrong key and none are told by the status, with no look at the body", async () => {
    for (const headers of [{}, { authorization: "Bearer pk_wrong" }, { authorization: "Basic eDp5" }]) {
      const asked = doors.conversations.calls.length
      // It never ends: whoever read it before the key would not answer.
      const endless = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(16).fill(32)) })
      const options: RequestInit & { readonly duplex: "half" } = { method: "POST", headers, body: endless, duplex: "half" }
      const response = await fetch(`${doors.url}/rpc`, options)
      assert.strictEqual(response.status, 401)
      assert.strictEqual(response.headers.get("www-authenticate"), "Bearer")
      assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
      await response.body?.cancel().catch(() => undefined)
      assert.strictEqual(doors.conversations.calls.length, asked)
    }
  })

  it("a body that is too large is refused, declared or not", async () => {
    const piece = new Uint8Array(1_048_576).fill(32)
    const large = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(piece)
    })
    const headers = { authorization: `Bearer ${goodKey}` }
    const declared = await fetch(`${doors.url}/rpc`, { method: "POST", headers, body: new Uint8Array(12 * 1_048_576) })
    assert.strictEqual(declared.status, 413)
    // Where the server ends the connection before the client has stopped, a client may see only that.
    const streamed: RequestInit & { readonly duplex: "half" } = { method: "POST", headers, body: large, duplex: "half" }
    const counted = await fetch(`${doors.url}/rpc`, streamed).then(
      ({ status }) => status,
      () => 413
    )
    assert.strictEqual(counted, 413)
  })

  it("a completion streams its chunks; who leaves it aborts the provider's call", async () => {
    const request = { model: "demo/echo", messages: [], parameters: {} }
    doors.completions.chunks = [[{ type: "text-delta", text: "a" }], [{ type: "text-delta", text: "b" }]]
    const chunks = await call(Effect.flatMap(ParleyRpcClient, (parley) => Stream.runCollect(parley.StreamCompletion(request))))
    assert.deepStrictEqual(chunks, doors.completions.chunks)
    const unknown = await failure(
      Effect.flatMap(ParleyRpcClient, (parley) => Stream.runDrain(parley.StreamCompletion({ ...request, model: "none" })))
    )
    assert.strictEqual(unknown._tag, "ModelNotFound")
    doors.completions.afterChunks = Effect.never
    const before = doors.completions.interrupted
    await call(
      Effect.flatMap(ParleyRpcClient, (parley) => parley.StreamCompletion(request).pipe(Stream.take(1), Stream.runDrain))
    )
    await until("the provider's call is aborted", () => doors.completions.interrupted === before + 1)
    doors.completions.afterChunks = Effect.void
  })

  it("a provider that is faster than its reader is paused, and resumed when the reader has caught up", async () => {
    doors.completions.chunks = Array.from({ length: 500 }, (_, i) => [{ type: "text-delta" as const, text: `${i} ` }])
    const chunks = await call(
      Effect.flatMap(ParleyRpcClient, (parley) =>
        Stream.runCollect(parley.StreamCompletion({ model: "demo/echo", messages: [], parameters: {} }))
      )
    )
    assert.deepStrictEqual(chunks, doors.completions.chunks)
    assert.isAbove(doors.completions.paused, 0)
    assert.isAbove(doors.completions.resumed, 0)
  })

  it.each([
    ["not JSON", "{{{\n"],
    ["null", "null\n"],
    ["an unknown call", '{"_tag":"Request","id":"1","tag":"Nope","payload":{},"headers":[]}\n'],
    [
      "a payload that does not fit",
      '{"_tag":"Request","id":"1","tag":"GetConversation","payload":{"conversationId":4},"headers":[]}\n'
    ],
    ["nothing", ""]
  ])("%s is answered, and is no server error", async (_, body) => {
    const response = await fetch(`${doors.url}/rpc`, {
      method: "POST",
      headers: { authorization: `Bearer ${goodKey}`, "content-type": "application/x-ndjson" },
      body
    })
    assert.isBelow(response.status, 500)
    await response.text()
  })
})
