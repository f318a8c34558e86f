/** `GET /v1/models` by the process's clock. */
import { Clock, Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { startDoors } from "../support/startDoors.ts"

describe.each(engines)("the list of models, on %s", (engine) => {
  it("lists the prices of its own day", async () => {
    const newYear = Date.UTC(9999, 0, 1)
    const clock: Clock.Clock = Object.assign(Object.create(Clock.Clock.defaultValue()), {
      currentTimeMillis: Effect.succeed(newYear)
    })
    const then = await startDoors(engine, Layer.succeed(Clock.Clock, clock))
    const { body } = await then.ask("GET", "/v1/models/meta/llama-4")
    await then.close()
    expect(body).toMatchObject({ pricing: { input: 0.75, output: 3 } })
    expect(body).not.toHaveProperty("pricing.later")
  })
})
