/** A tenant with a key of its own asks a route on `/v1`: its calls are made with that key, and nobody else's are, whatever becomes of it. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import OpenAI from "openai"
import { CreatedTenant } from "@parley/domain/Administration"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { request } from "./support/api.ts"
import { startRouted } from "./support/startRouted.ts"

const decodeTenant = Schema.decodeUnknownSync(CreatedTenant)
/** Failures in a row that open a circuit, by default. */
const breakerFailures = 5

it.live("a tenant's own keys go to its targets of a route, and a refused one shuts out its tenant alone", () =>
  Effect.gen(function* () {
    const { one, parley, two } = yield* startRouted({ one: "m", two: "m" })
    one.otherwise(() => answer("From one"))
    two.otherwise(() => answer("From two"))
    const made = yield* request(parley, "POST", "/api/tenants", { name: "With keys" })
    const { ownerKey, tenant } = decodeTenant(made.body)
    const path = `/api/tenants/${tenant.id}/provider-keys`
    const bring = (provider: string, key: string) =>
      Effect.map(request(parley, "PUT", `${path}/${provider}`, { key }), ({ body, status }) => {
        assert.strictEqual(status, 200)
        assert.notInclude(JSON.stringify(body), key)
      })
    const ask = (key: string, stream = false) =>
      Effect.promise(async () => {
        const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: key, maxRetries: 0 })
        const messages = [{ role: "user" as const, content: "Hi" }]
        if (!stream) return (await client.chat.completions.create({ model: "best", messages })).choices[0]?.message.content
        return (await client.chat.completions.stream({ model: "best", messages }).finalChatCompletion()).choices[0]?.message
          .content
      })
    const theirs = (stream = false) => ask(ownerKey.secret, stream)
    const operators = ask(parley.key)

    yield* bring("one", "sk-their-own-one")
    for (const stream of [false, true]) {
      assert.strictEqual(yield* theirs(stream), "From one")
      assert.strictEqual(one.requests.at(-1)?.headers.authorization, "Bearer sk-their-own-one")
    }
    assert.strictEqual(yield* operators, "From one")
    assert.isUndefined(one.requests.at(-1)?.headers.authorization)

    // To a target for which it brought none, the operator's goes; once it has, its own.
    one.enqueue(httpError(500))
    assert.strictEqual(yield* theirs(), "From two")
    assert.strictEqual(two.requests.at(-1)?.headers["x-api-key"], "sk-two")
    yield* bring("two", "sk-their-own-two")
    one.enqueue(answer("From one", { cutAfter: 1 }))
    two.enqueue(answer("one"))
    assert.strictEqual(yield* theirs(true), "From one")
    assert.strictEqual(two.requests.at(-1)?.headers["x-api-key"], "sk-their-own-two")

    // Refused: the next target answers, until the circuit of its own is open; the operator's is none the wiser.
    one.otherwise(({ headers }) => (headers.authorization === "Bearer sk-their-own-one" ? httpError(401) : answer("From one")))
    for (let call = 0; call < breakerFailures; call++) assert.strictEqual(yield* theirs(), "From two")
    const before = one.requests.length
    assert.strictEqual(yield* theirs(), "From two")
    assert.strictEqual(one.requests.length, before)
    assert.strictEqual(yield* operators, "From one")

    // Another key is another circuit; without one it is the operator's again.
    yield* bring("one", "sk-their-other-one")
    assert.strictEqual(yield* theirs(), "From one")
    assert.strictEqual(one.requests.at(-1)?.headers.authorization, "Bearer sk-their-other-one")
    assert.strictEqual((yield* request(parley, "DELETE", `${path}/one`)).status, 200)
    assert.strictEqual(yield* theirs(), "From one")
    assert.isUndefined(one.requests.at(-1)?.headers.authorization)
    assert.notMatch(parley.text(), /sk-their/)
  })
)
