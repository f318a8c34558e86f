/** `/api/providers`, as a program asks it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { someStatuses } from "../support/memoryProviderStatuses.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

describe.each(engines)("the providers, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  it("are told to an administrator whole: the live ones with their targets, the sleeping ones with what they miss", async () => {
    const { body, status } = await doors.ask("GET", "/api/providers", undefined, { authorization: `Bearer ${doorKeys.admin}` })
    expect([status, body]).toEqual([200, someStatuses])
  })

  it("are told to nobody else", async () => {
    const refused = await doors.ask("GET", "/api/providers")
    expect([refused.status, refused.body]).toMatchObject([403, { code: "forbidden" }])
    expect(refused.text).not.toContain("TWO_API_KEY")
    expect((await doors.ask("GET", "/api/providers", undefined, { authorization: "Bearer pk_nobody" })).status).toBe(401)
  })

  it("have a place in the API's description", async () => {
    const { body } = await doors.ask("GET", "/openapi.json")
    expect(body).toMatchObject({ paths: { "/api/providers": { get: { tags: ["providers"] } } } })
  })
})
