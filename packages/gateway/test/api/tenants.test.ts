/** `/api/tenants`, `/api/keys`, `/api/me`. */
import { CreatedTenant, IssuedApiKey } from "@parley/domain/Administration"
import { makeApiKeyId, makeTenantId } from "@parley/domain/Ids"
import { Effect, Schema } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal, doorTenant } from "../support/doorKeys.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const admin = { authorization: `Bearer ${doorKeys.admin}` }

describe.each(engines)("tenants and keys, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  it("tells the caller who it is", async () => {
    expect((await doors.ask("GET", "/api/me")).body).toEqual({
      tenantId: doorTenant,
      principalId: doorPrincipal,
      roles: ["member"],
      scopes: ["chat", "completions"]
    })
  })

  it("an administrator makes a tenant and sees it", async () => {
    const created = await doors.ask("POST", "/api/tenants", { name: "Café Łódź" }, admin)
    expect(created.status).toBe(201)
    const { ownerKey, tenant } = Schema.decodeUnknownSync(CreatedTenant)(created.body)
    expect(ownerKey.secret).toMatch(/^pk_/)
    expect((await doors.ask("GET", `/api/tenants/${tenant.id}`, undefined, admin)).body).toEqual(tenant)
    expect((await doors.ask("GET", "/api/tenants", undefined, admin)).body).toEqual([tenant])
  })

  it("nobody else does", async () => {
    expect((await doors.ask("POST", "/api/tenants", { name: "Mine" })).status).toBe(403)
    expect((await doors.ask("GET", "/api/tenants")).status).toBe(403)
  })

  it("a key is made, told once, listed and revoked", async () => {
    const made = await doors.ask("POST", "/api/keys", { displayName: "CI", roles: ["member"], scopes: ["completions"] }, admin)
    expect(made.status).toBe(201)
    const { apiKey, secret } = Schema.decodeUnknownSync(IssuedApiKey)(made.body)
    const listed = await doors.ask("GET", "/api/keys", undefined, admin)
    expect(listed.body).toEqual(expect.arrayContaining([apiKey]))
    expect(listed.text).not.toContain(secret)
    const revoked = await doors.ask("DELETE", `/api/keys/${apiKey.id}`, undefined, admin)
    expect([revoked.status, revoked.body]).toEqual([200, { ...apiKey, revokedAtMs: 2 }])
  })

  it("answers 404 for a tenant or a key that there is not", async () => {
    expect((await doors.ask("GET", `/api/tenants/${await Effect.runPromise(makeTenantId)}`, undefined, admin)).status).toBe(404)
    expect((await doors.ask("DELETE", `/api/keys/${await Effect.runPromise(makeApiKeyId)}`, undefined, admin)).status).toBe(404)
  })

  it.each([
    ["/api/tenants", {}, "payload.name"],
    ["/api/tenants", { name: "" }, "payload.name"],
    ["/api/tenants", { name: "a\u0000b" }, "payload.name"],
    ["/api/keys", { displayName: "x", roles: ["root"] }, "payload.roles[0]"],
    ["/api/keys", { displayName: "x", expiresAtMs: "soon" }, "payload.expiresAtMs"]
  ])("answers a bad body at %s with 400: %j", async (path, body, fault) => {
    const answer = await doors.ask("POST", path, body, admin)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ issues: [{ path: fault }] })
  })
})
