/** Who is let in by what the server, or whatever stands before it, answers. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

const me = { principal: { id: "prn_1", displayName: "Ada" }, tenant: { id: "ten_1" } }
const page502 = () => new Response("<h1>502 Bad Gateway</h1>", { status: 502 })
const problem = (status: number, code: string) => Response.json({ code, detail: code }, { status })

type Answer = () => Response | Promise<Response>

/** The module as a page loads it, at this address, with what earlier visits have left. */
const opened = async (
  hash: string,
  answers: ReadonlyArray<Answer>,
  left: Readonly<Record<string, string>> = {},
  last?: Answer
) => {
  const kept = new Map(Object.entries(left))
  const address = { origin: "http://parley", pathname: "/", search: "", hash, assign: vi.fn(), reload: vi.fn() }
  const waiting = [...answers]
  vi.stubGlobal("location", address)
  vi.stubGlobal("history", { state: null, replaceState: () => void (address.hash = "") })
  vi.stubGlobal("localStorage", {
    get length() {
      return kept.size
    },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key)
  })
  vi.stubGlobal("WebSocket", undefined)
  const window = new EventTarget()
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window))
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window))
  let asked = 0
  vi.stubGlobal("fetch", async () => {
    asked++
    const answer = waiting.shift() ?? last
    if (answer === undefined) throw new TypeError("no network")
    return answer()
  })
  vi.resetModules()
  const { followTabs, session, signInWithKey, signOut, startSession } = await import("../../src/client/session.ts")
  const { keepDraft } = await import("../../src/client/drafts.ts")
  followTabs()
  await startSession()
  const writings = () => [...kept.keys()].filter((key) => /^parley\.(draft|outbox)\./.test(key))
  return {
    address,
    writings,
    keepDraft,
    kept,
    session,
    signInWithKey,
    signOut,
    startSession,
    answerNext: (answer: Answer) => void waiting.push(answer),
    asked: () => asked,
    /** By another tab. */
    told: async (key: string, newValue: string | null) => {
      window.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }))
      await vi.advanceTimersByTimeAsync(0)
    },
    online: async () => {
      window.dispatchEvent(new Event("online"))
      await vi.advanceTimersByTimeAsync(0)
    }
  }
}

const refusing = (error: Error): EventTarget => {
  const request = Object.assign(new EventTarget(), { error })
  queueMicrotask(() => request.dispatchEvent(new Event("error")))
  return request
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const known = { "parley.me": JSON.stringify(me) }

describe("coming in", () => {
  it.each([
    ["a proxy's 502", page502],
    ["a 503", () => problem(503, "unavailable")],
    ["a 429", () => problem(429, "busy")]
  ])("lets in whoever was here, and goes on knowing them, after %s", async (_, answer) => {
    const { kept, session } = await opened("", [answer], known)
    expect(session.getSnapshot()).toEqual({ status: "in", me })
    expect(kept.has("parley.me")).toBe(true)
  })

  it.each([401, 403])("shows the way in after a %i, and forgets who was here", async (status) => {
    const { kept, session } = await opened("", [() => problem(status, "unauthorized")], known)
    expect(session.getSnapshot()).toEqual({ status: "out" })
    expect(kept.has("parley.me")).toBe(false)
  })

  it("keeps a printed link that nobody has answered, and comes in by it at the next try", async () => {
    const { address, session, startSession } = await opened("#sign-in=token", [page502, () => Response.json(me)])
    expect(session.getSnapshot()).toEqual({ status: "out", reason: "signIn.unreachable" })
    expect(address.hash).toBe("#sign-in=token")
    await startSession()
    expect(session.getSnapshot()).toEqual({ status: "in", me })
    expect(address.hash).toBe("")
  })

  it("asks again by itself where nobody has answered, each time after a longer pause, and at once when there is a network", async () => {
    const { answerNext, asked, online, session } = await opened("", [])
    expect(session.getSnapshot()).toEqual({ status: "out", reason: "signIn.unreachable" })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(asked()).toBe(2)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(asked()).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked()).toBe(3)
    answerNext(() => Response.json(me))
    await online()
    expect(session.getSnapshot()).toEqual({ status: "in", me })
    const before = asked()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked()).toBe(before)
  })

  it("keeps in whoever came in by a key while it was asked who is here", async () => {
    const { answerNext, session, signInWithKey } = await opened("", [])
    const late = Promise.withResolvers<Response>()
    answerNext(() => late.promise)
    await vi.advanceTimersByTimeAsync(1_000)
    answerNext(() => Response.json(me))
    await signInWithKey("pk_same")
    late.resolve(problem(401, "unauthorized"))
    await vi.advanceTimersByTimeAsync(0)
    expect(session.getSnapshot()).toEqual({ status: "in", me })
  })

  it("says of a printed link that it was used only when the server does, and takes it from the address", async () => {
    const { address, session } = await opened("#sign-in=token", [() => problem(401, "unauthorized")])
    expect(session.getSnapshot()).toEqual({ status: "out", reason: "signIn.linkUsed" })
    expect(address.hash).toBe("")
  })

  it("lets in whoever is in already by a printed link that was used, and takes it from the address", async () => {
    const { address, session } = await opened("#sign-in=token", [() => problem(401, "unauthorized"), () => Response.json(me)])
    expect(session.getSnapshot()).toEqual({ status: "in", me })
    expect(address.hash).toBe("")
  })

  it("leaves an invitation in the address until one has joined", async () => {
    const { address, session } = await opened("#invite=token", [])
    expect(session.getSnapshot()).toEqual({ status: "invited", token: "token" })
    expect(address.hash).toBe("#invite=token")
  })
})

describe("what was being written", () => {
  /** As it is noted until the database has it. */
  const sent = JSON.stringify({ by: "1", item: { clientMessageId: "sdk_1", conversationId: "cnv_1", command: {} } })
  const written = {
    ...known,
    "parley.principal": me.principal.id,
    "parley.draft.cnv_1": "Dear …",
    "parley.draft.new": "And …",
    "parley.outbox.sdk_1": sent
  }

  it("is gone from this device with whoever signs out, also what the page says of it as it goes", async () => {
    const { address, writings, keepDraft, signOut } = await opened(
      "",
      [() => Response.json(me), () => new Response(null, { status: 204 })],
      written
    )
    expect(writings()).toHaveLength(3)
    await signOut()
    keepDraft("cnv_1", "Dear …")
    expect(writings()).toEqual([])
    expect(address.assign).toHaveBeenCalledWith("/")
  })

  it("is not shown to somebody else who signs in", async () => {
    const other = { ...me, principal: { id: "prn_2", displayName: "Grace" } }
    const { address, writings, kept, signInWithKey } = await opened(
      "",
      [() => problem(401, "unauthorized"), () => Response.json(other)],
      written
    )
    await signInWithKey("pk_other")
    expect(writings()).toEqual([])
    expect(address.reload).toHaveBeenCalledOnce()
    expect(kept.has("parley.principal")).toBe(false)
  })

  it.each([
    ["says nothing", () => new EventTarget()],
    ["fails", () => refusing(new DOMException("no connection", "UnknownError"))]
  ])("stays the first person's, and the second is not let in, where the database %s", async (_, open) => {
    const other = { ...me, principal: { id: "prn_2", displayName: "Grace" } }
    vi.stubGlobal("indexedDB", { open })
    const { address, kept, session, signInWithKey, startSession } = await opened(
      "",
      [() => problem(401, "unauthorized"), () => Response.json(other)],
      written,
      () => Response.json(other)
    )
    const coming = expect(signInWithKey("pk_other")).rejects.toThrow("still here")
    await vi.advanceTimersByTimeAsync(0)
    expect(kept.get("parley.leaving"), "other tabs ask at once who is here").toMatch(/^came in /)
    await vi.advanceTimersByTimeAsync(5_000)
    await coming
    await startSession()
    expect(session.getSnapshot()).toEqual({ status: "out", reason: "signIn.notRemoved" })
    expect(kept.get("parley.principal")).toBe(me.principal.id)
    expect(kept.get("parley.me")).toBeUndefined()
    expect(address.reload).not.toHaveBeenCalled()
  })

  it("goes with whoever signs out in another tab, also what that tab had not seen yet", async () => {
    const { address, writings, keepDraft, kept, told } = await opened("", [() => Response.json(me)], known)
    await told("parley.leaving", "1")
    kept.set("parley.draft.new", "written as the other tab looked")
    kept.set("parley.outbox.sdk_1", sent)
    keepDraft("cnv_1", "said to be kept")
    kept.delete("parley.me")
    await told("parley.me", null)
    expect(writings()).toEqual([])
    expect(address.reload).toHaveBeenCalledOnce()
  })

  it("goes with its page at once when somebody else came in by another tab, though the first person's things stay", async () => {
    const other = { ...me, principal: { id: "prn_2", displayName: "Grace" } }
    const { address, told } = await opened("", [() => Response.json(me)], known, () => Response.json(other))
    await told("parley.leaving", "came in 1")
    expect(address.reload).toHaveBeenCalledOnce()
  })

  it("goes with its page when somebody else came in by another tab, and then by this one", async () => {
    const other = { ...me, principal: { id: "prn_2", displayName: "Grace" } }
    const { address, kept, session, signInWithKey } = await opened("", [() => Response.json(me)], known, () =>
      Response.json(other)
    )
    kept.set("parley.principal", other.principal.id)
    await signInWithKey("pk_other")
    expect(address.reload).toHaveBeenCalledOnce()
    expect(session.getSnapshot()).toEqual({ status: "in", me })
  })

  it("stays where the session merely ended, and the same person comes back", async () => {
    const { writings, session, signInWithKey } = await opened(
      "",
      [() => problem(401, "unauthorized"), () => Response.json(me)],
      written
    )
    expect(session.getSnapshot().status).toBe("out")
    await signInWithKey("pk_same")
    expect(session.getSnapshot().status).toBe("in")
    expect(writings()).toHaveLength(3)
  })
})
