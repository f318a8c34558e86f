/** Coming in and going out: what the cookie is, what it opens, and what other sites cannot do with it. */
import { Effect } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { InternalError } from "@parley/domain/Errors"
import { makeConversationId, makeFolderId } from "@parley/domain/Ids"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal } from "../support/doorKeys.ts"
import { goodInvite, goodToken } from "../support/memoryPeople.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const nobody = { cookie: "" }
const cookie = { cookie: `theme=dark; parley_session=${doorKeys.session}` }
const https = { "x-forwarded-proto": "https" }

describe.each(engines)("sessions, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => {
    doors.people.signedOut.length = 0
    doors.people.givenBack.length = 0
    doors.people.asked.length = 0
    doors.conversations.before = () => Effect.void
  })

  it("a link's token becomes a cookie that no script reads and no other site sends", async () => {
    const answer = await doors.ask("POST", "/api/session", { token: goodToken }, nobody)
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({ principal: { id: doorPrincipal, displayName: "Ada" } })
    expect(answer.headers.get("set-cookie")).toMatch(
      new RegExp(`^parley_session=${doorKeys.session}; Max-Age=\\d+; Path=/; HttpOnly; SameSite=Strict$`)
    )
    expect(answer.text).not.toContain(doorKeys.session)
    expect(answer.headers.get("cache-control")).toBe("no-store")
  })

  it("over https the cookie is secure, and one that only this host can have set", async () => {
    const answer = await doors.ask("POST", "/api/session", { apiKey: doorKeys.member }, { ...nobody, ...https })
    expect(answer.headers.get("set-cookie")).toMatch(/^__Host-parley_session=.*; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
    const other = await doors.ask("GET", "/api/session", undefined, { ...cookie, ...https })
    expect(other.status).toBe(401)
    const own = await doors.ask("GET", "/api/session", undefined, {
      ...https,
      cookie: `__Host-parley_session=${doorKeys.session}`
    })
    expect(own.status).toBe(200)
  })

  it("a wrong token is refused, and sets nothing", async () => {
    const answer = await doors.ask("POST", "/api/session", { token: "pl_bad" }, nobody)
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null])
  })

  it.each([{}, { token: "" }, { token: 1 }, { apiKey: "x".repeat(513) }, "no json"])(
    "what is no sign-in is told so: %j",
    async (body) => {
      expect((await doors.ask("POST", "/api/session", body, nobody)).status).toBe(400)
    }
  )

  it("the cookie opens the API", async () => {
    const me = await doors.ask("GET", "/api/session", undefined, cookie)
    expect([me.status, me.body]).toMatchObject([200, { session: { userAgent: "" } }])
    expect((await doors.ask("GET", "/api/conversations", undefined, cookie)).status).toBe(200)
    expect((await doors.ask("POST", "/api/conversations", {}, cookie)).status).toBe(201)
  })

  it("a key says who it is too, and goes before a cookie", async () => {
    const both = { ...cookie, authorization: `Bearer ${doorKeys.metrics}` }
    expect((await doors.ask("GET", "/api/session")).body).toMatchObject({ session: null })
    expect((await doors.ask("GET", "/api/conversations", undefined, both)).status).toBe(403)
  })

  it("the cookie opens neither completions nor metrics, but the list of models", async () => {
    expect((await doors.ask("GET", "/metrics", undefined, cookie)).status).toBe(401)
    expect((await doors.ask("POST", "/v1/chat/completions", {}, cookie)).status).toBe(401)
    expect((await doors.ask("GET", "/v1/models", undefined, cookie)).status).toBe(200)
  })

  it.each([
    ["of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["of a sibling host", { "sec-fetch-site": "same-site", origin: "https://other.example" }],
    ["of an old browser, on another site", { origin: "https://evil.example" }],
    ["of no origin at all", { origin: "null" }]
  ])("a page %s can change nothing by it, nor sign anybody in or out", async (_, from) => {
    expect((await doors.ask("POST", "/api/conversations", {}, { ...cookie, ...from })).status).toBe(403)
    expect((await doors.ask("POST", "/api/session", { token: goodToken }, { ...nobody, ...from })).status).toBe(403)
    expect((await doors.ask("DELETE", "/api/session", undefined, { ...cookie, ...from })).status).toBe(403)
    expect(doors.people.signedOut).toEqual([])
  })

  it("our own pages can, as can programs", async () => {
    for (const from of [{ "sec-fetch-site": "same-origin", origin: "http://anything" }, { origin: doors.url }, {}]) {
      expect((await doors.ask("POST", "/api/conversations", {}, { ...cookie, ...from })).status).toBe(201)
    }
  })

  it("signing out ends the session and clears the cookie, again and again", async () => {
    for (const with_ of [cookie, nobody]) {
      const answer = await doors.ask("DELETE", "/api/session", undefined, with_)
      expect([answer.status, answer.headers.get("set-cookie")]).toEqual([
        204,
        "parley_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
      ])
    }
    expect(doors.people.signedOut).toEqual([doorKeys.session])
  })

  it("signing in again ends the former session", async () => {
    await doors.ask("POST", "/api/session", { token: goodToken }, cookie)
    expect(doors.people.signedOut).toEqual([doorKeys.session])
  })

  it("sessions are listed; one that is not there cannot be revoked", async () => {
    expect((await doors.ask("GET", "/api/sessions", undefined, cookie)).body).toHaveLength(1)
    expect((await doors.ask("DELETE", `/api/sessions/ses_${"0".repeat(26)}`, undefined, cookie)).status).toBe(404)
  })

  it("an invite is made, previewed, and lets a guest in with a session", async () => {
    const id = await Effect.runPromise(doors.conversations.addConversation())
    doors.people.inviteRoom = id
    const made = await doors.ask("POST", `/api/conversations/${id}/invites`, { maxUses: 3 }, cookie)
    expect([made.status, made.body]).toMatchObject([201, { token: goodInvite, invite: { maxUses: 3, conversationId: id } }])
    expect((await doors.ask("POST", "/api/invites/preview", { token: goodInvite }, nobody)).body).toMatchObject({ title: "Room" })
    const accepted = await doors.ask("POST", "/api/invites/accept", { token: goodInvite, displayName: "Grace" }, nobody)
    expect([accepted.status, accepted.body]).toMatchObject([200, { conversationId: id }])
    expect(accepted.headers.get("set-cookie")).toContain(doorKeys.session)
    expect(doors.people.asked).toEqual([{ displayName: "Grace", caller: undefined }])
  })

  it("one who is signed in joins as who they are", async () => {
    doors.people.inviteRoom = await Effect.runPromise(doors.conversations.addConversation())
    const accepted = await doors.ask("POST", "/api/invites/accept", { token: goodInvite }, cookie)
    expect([accepted.body, accepted.headers.get("set-cookie")]).toEqual([
      { conversationId: doors.people.inviteRoom, whoAmI: null },
      null
    ])
    expect(doors.people.asked).toMatchObject([{ caller: { principalId: doorPrincipal } }])
  })

  it("an invite whose room cannot be joined now is not used up", async () => {
    doors.people.inviteRoom = await Effect.runPromise(doors.conversations.addConversation())
    doors.conversations.before = () => Effect.fail(new InternalError({ message: "a fault", workMayHaveHappened: false }))
    expect((await doors.ask("POST", "/api/invites/accept", { token: goodInvite }, nobody)).status).toBe(500)
    expect(doors.people.givenBack).toHaveLength(1)
  })

  it("the list is asked with what the query says", async () => {
    const folder = await Effect.runPromise(makeFolderId)
    await doors.ask("GET", `/api/conversations?folder=${folder}&archived=true&pinned=false&limit=3`, undefined, cookie)
    await doors.ask("GET", "/api/search?q=caf%C3%A9%20two&limit=2", undefined, cookie)
    expect(doors.people.asked).toEqual([
      { folder, archived: true, pinned: false, limit: 3 },
      { query: "café two", limit: 2 }
    ])
    for (const bad of ["folder=x", "archived=1", "pinned=", "limit=0"]) {
      expect((await doors.ask("GET", `/api/conversations?${bad}`, undefined, cookie)).status).toBe(400)
    }
    expect((await doors.ask("GET", "/api/search", undefined, cookie)).status).toBe(400)
    expect((await doors.ask("GET", `/api/search?q=${"x".repeat(257)}`, undefined, cookie)).status).toBe(400)
  })

  it("marks and folders", async () => {
    const id = await Effect.runPromise(makeConversationId)
    expect((await doors.ask("PATCH", `/api/conversations/${id}/marks`, { isPinned: true }, cookie)).status).toBe(200)
    expect(doors.people.asked).toEqual([{ id, marks: { isPinned: true }, principalId: doorPrincipal }])
    expect((await doors.ask("PATCH", `/api/conversations/${id}/marks`, { folderId: "x" }, cookie)).status).toBe(400)
    expect((await doors.ask("GET", "/api/folders", undefined, cookie)).body).toEqual([])
    const made = await doors.ask("POST", "/api/folders", { name: "Work" }, cookie)
    expect([made.status, made.body]).toMatchObject([201, { name: "Work" }])
    expect((await doors.ask("POST", "/api/folders", { name: "a\nb" }, cookie)).status).toBe(400)
  })
})
