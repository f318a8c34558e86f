/** `/api/tenants/:id/models` and `/api/tenants/:id/provider-keys`, as a program asks them. */
import { makeTenantId } from "@parley/domain/Ids"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

describe.each(engines)("the models of a tenant, on %s", (engine) => {
  let doors: Doors
  let path: string
  beforeAll(async () => {
    doors = await startDoors(engine)
    path = `/api/tenants/${await Effect.runPromise(makeTenantId)}`
  })
  afterAll(() => doors.close())

  it("are listed by patterns, or all by null", async () => {
    expect((await doors.ask("GET", `${path}/models`)).body).toEqual({ allowedModels: null })
    const set = await doors.ask("PUT", `${path}/models`, { allowedModels: ["openai/*", "fast"] })
    expect([set.status, set.body]).toEqual([200, { allowedModels: ["openai/*", "fast"] }])
    const wrong = await doors.ask("PUT", `${path}/models`, { allowedModels: ["two words"] })
    expect([wrong.status, wrong.body]).toMatchObject([400, { code: "invalid_request" }])
  })

  it("have keys that are set, listed without themselves, and removed", async () => {
    const set = await doors.ask("PUT", `${path}/provider-keys/openai`, { key: "sk-secret-1234" })
    expect([set.status, set.body]).toMatchObject([200, { provider: "openai", hint: "1234" }])
    expect((await doors.ask("GET", `${path}/provider-keys`)).text).not.toContain("sk-secret")
    expect((await doors.ask("DELETE", `${path}/provider-keys/openai`)).status).toBe(200)
    expect((await doors.ask("DELETE", `${path}/provider-keys/openai`)).status).toBe(404)
    const wrong = await doors.ask("PUT", `${path}/provider-keys/openai`, { key: "two words of a key" })
    expect(wrong.status).toBe(400)
    expect(wrong.text).not.toContain("two words of a key")
  })
})
