import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startParley } from "./support/startParley.ts"

it.live("/metrics tells what the process does, per provider target, to whoever may read it", () =>
  Effect.gen(function* () {
    const parley = yield* startParley({ DATABASE_URL: Redacted.value(yield* freshDatabase) })
    const scrape = (headers: Record<string, string>) =>
      Effect.promise(async () => {
        const response = await fetch(`${parley.url}/metrics`, { headers })
        return { status: response.status, text: await response.text() }
      })
    assert.strictEqual((yield* scrape({})).status, 401)
    yield* Effect.promise(() =>
      fetch(`${parley.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${parley.key}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "demo/parley", messages: [{ role: "user", content: "Hello" }] })
      })
    )
    // The process samples itself every few seconds.
    const { status, text } = yield* Effect.repeat(scrape({ authorization: `Bearer ${parley.key}` }), {
      schedule: Schedule.spaced(250),
      until: ({ text }) => text.includes("parley_provider_circuit_open"),
      times: 60
    })
    assert.strictEqual(status, 200)
    for (const line of [
      'http_requests_total{door="openai",method="POST",status="200"} 1',
      "parley_websockets 0",
      "parley_runs_active 0",
      'parley_provider_circuit_open{target="demo/parley"} 0',
      'parley_provider_calls_total{target="demo/parley",outcome="answered"} 1',
      'gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="demo",gen_ai_request_model="parley"} 1'
    ]) {
      assert.include(text, line)
    }
    assert.notInclude(text, parley.key)
  })
)
