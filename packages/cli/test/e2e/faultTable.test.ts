/**
 * The table of faults once more, as clients of `/v1/chat/completions` see each of them: the status and OpenAI's error, streamed and not. What comes after
 * the first word of a stream is an error event in it, and never its end.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import OpenAI, { APIError } from "openai"
import { errorTraits } from "@parley/domain/ErrorTraits"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { faultRows } from "../../../providers/test/routing/faultRows.ts"
import type { FaultRow } from "../../../providers/test/routing/faultRows.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { caught } from "./support/caught.ts"
import { startParley, type Parley } from "./support/startParley.ts"

interface Tried extends FaultRow {
  /** Each has a provider of its own, whose circuit no other row opens. */
  readonly model: string
}

const tried: ReadonlyArray<Tried> = faultRows.map((row, n) => ({ ...row, model: `fault-${n}/m` }))
const isAnswered = ({ client }: FaultRow): boolean => client.startsWith("the answer")
/** Faults that an answer has only while it is streamed. */
const isOfStreams = ({ script }: FaultRow): boolean =>
  script?.kind === "answer" && [script.holdAfter, script.endAfter, script.errorAfter].some((after) => after !== undefined)
/** One of each error that clients see, from an answer that is not streamed. */
const classes = tried.filter(
  (row, n) =>
    !isOfStreams(row) && !isAnswered(row) && tried.findIndex((other) => !isOfStreams(other) && other.client === row.client) === n
)

/** What the table says of it, as OpenAI's shape words it. */
const expectedOf = ({ client }: FaultRow) => {
  const [, code, status] = /^`(.+)`, (\d+)$/.exec(client) ?? []
  const traits = Object.values(errorTraits).find((known) => known.code === code && known.status === Number(status))
  assert.ok(traits !== undefined, client)
  return traits
}

class World extends Context.Service<World, { readonly parley: Parley }>()("@parley/cli/test/FaultWorld") {
  static readonly layer = Layer.effect(
    World,
    Effect.gen(function* () {
      const providers: Record<string, object> = {}
      for (const { address, limits, model, script } of tried) {
        const wire = yield* startOpenaiWire
        if (script !== undefined) wire.otherwise(() => script)
        const baseUrl = yield* address === undefined ? Effect.succeed(wire.baseUrl) : address(wire.baseUrl)
        // A stream that stands still has said its first words by then, on a busy machine too.
        const patient = limits?.chunkTimeoutMs === undefined ? {} : { chunkTimeoutMs: 2_000 }
        providers[model.slice(0, model.indexOf("/"))] = {
          kind: "openai-compatible",
          baseUrl,
          limits: { maxHoldMs: 0, breakerFailures: 100, ...limits, ...patient }
        }
      }
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => temporaryFolder("faults")),
        ({ remove }) => Effect.promise(remove)
      )
      const file = join(folder.path, "parley.config.json")
      writeFileSync(file, JSON.stringify({ providers }))
      const env = { DATABASE_URL: Redacted.value(yield* freshDatabase), PARLEY_CONFIG_FILE: file }
      return { parley: yield* startParley(env) }
    })
  )
}

const ErrorBody = Schema.Struct({
  error: Schema.Struct({ message: Schema.String, type: Schema.String, param: Schema.NullOr(Schema.String), code: Schema.String })
})
const decodeError = Schema.decodeUnknownSync(Schema.fromJsonString(ErrorBody))
const Usage = Schema.Struct({ usage: Schema.Struct({ is_estimated: Schema.Boolean }) })
const decodeUsage = Schema.decodeUnknownSync(Schema.fromJsonString(Usage))

const messages = [{ role: "user" as const, content: "Count" }]

layer(World.layer, { excludeTestServices: true })("of a fault at a provider a client of /v1/chat/completions", (it) => {
  const asked = Effect.fnUntraced(function* (model: string, stream: boolean) {
    const { parley } = yield* World
    return yield* Effect.promise(async () => {
      const response = await fetch(`${parley.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${parley.key}`, "content-type": "application/json" },
        body: JSON.stringify({ model, messages, stream, ...(stream ? { stream_options: { include_usage: true } } : {}) })
      })
      return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() }
    })
  })
  const isError = (row: FaultRow, text: string) => {
    const { code, openaiType } = expectedOf(row)
    const { error } = decodeError(text)
    assert.deepInclude(error, { code, type: openaiType })
    assert.isAbove(error.message.length, 0)
  }

  it.effect.each(tried.filter((row) => !isOfStreams(row)))("sees, not streamed, of $fault: $client", (row) =>
    Effect.gen(function* () {
      const { status, text, type } = yield* asked(row.model, false)
      assert.include(type, "application/json")
      if (isAnswered(row)) {
        assert.strictEqual(status, 200)
        return assert.isTrue(decodeUsage(text).usage.is_estimated)
      }
      assert.strictEqual(status, expectedOf(row).status)
      isError(row, text)
    })
  )

  it.effect.each(tried)("sees, streamed, of $fault: $client", (row) =>
    Effect.gen(function* () {
      const { status, text, type } = yield* asked(row.model, true)
      if (!isAnswered(row) && row.failsOver !== "goes on") {
        assert.include(type, "application/json")
        assert.strictEqual(status, expectedOf(row).status)
        return isError(row, text)
      }
      assert.strictEqual(status, 200)
      assert.include(type, "text/event-stream")
      const events = text.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [event.slice("data: ".length)] : []))
      const last = events.at(-1) ?? ""
      if (isAnswered(row)) {
        assert.strictEqual(last, "[DONE]")
        return assert.isTrue(decodeUsage(events.at(-2) ?? "").usage.is_estimated)
      }
      assert.include(text, "One ")
      assert.notInclude(text, "[DONE]")
      assert.notInclude(text, '"finish_reason":"')
      isError(row, last)
    })
  )

  it.effect.each(classes)("of OpenAI's own sees $client as an error of its own", (row) =>
    Effect.gen(function* () {
      const { parley } = yield* World
      const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
      const { code, openaiType, status } = expectedOf(row)
      const error = yield* caught(client.chat.completions.create({ model: row.model, messages }))
      assert.instanceOf(error, APIError)
      assert.deepInclude({ status: error.status, code: error.code, type: error.type }, { status, code, type: openaiType })
    })
  )
})
