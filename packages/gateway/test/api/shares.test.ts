/** Shares, exports and prompts, as the door answers. */
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Part } from "@parley/domain/Content"
import { makeAttachmentId, makeMessageId, makePromptId, makeShareId } from "@parley/domain/Ids"
import { ConversationId } from "@parley/domain/Ids"
import type { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import { VisitorLimits } from "../../src/auth/VisitorLimits.ts"
import { attachmentDisposition, fileName } from "../../src/api/contentDisposition.ts"
import { markdownHead, markdownOf } from "../../src/api/markdownOf.ts"
import { engines } from "../server/support/engines.ts"
import { doorPrincipal } from "../support/doorKeys.ts"
import { goodShare } from "../support/memoryShares.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const make = <A>(effect: Effect.Effect<A>) => Effect.runPromise(effect)

const message = async (
  id: ConversationId,
  parentId: MessageId | null,
  role: "user" | "assistant",
  content: Array<Part>
): Promise<Message> => ({
  id: await make(makeMessageId),
  conversationId: id,
  parentId,
  role,
  authorId: role === "user" ? doorPrincipal : null,
  content,
  status: "complete",
  runId: null,
  model: role === "assistant" ? "demo/echo" : null,
  finishReason: null,
  usage: null,
  error: null,
  lastSeq: null,
  createdAtMs: 1
})

const text = (value: string): Part => ({ type: "text", text: value })

describe.each(engines)("shares and exports, on %s", (engine) => {
  let doors: Doors
  let id: ConversationId
  beforeAll(async () => {
    doors = await startDoors(engine)
    id = await make(doors.conversations.addConversation())
  })
  afterAll(() => doors.close())

  it("a link is made, and shows its branch to whoever has it, without a credential", async () => {
    const made = await doors.ask("POST", `/api/conversations/${id}/shares`, {})
    expect([made.status, made.body]).toMatchObject([201, { token: goodShare, share: { conversationId: id } }])
    const shown = await doors.ask("GET", `/api/shared/${goodShare}`, undefined, { cookie: "" })
    expect([shown.status, shown.body]).toMatchObject([200, { title: "Room" }])
    expect(shown.headers.get("cache-control")).toBe("no-store")
    expect(shown.headers.get("x-robots-tag")).toBe("noindex")
    expect((await doors.ask("GET", "/api/shared/sh_bad", undefined, { cookie: "" })).status).toBe(404)
    expect((await doors.ask("GET", `/api/shared/${"x".repeat(129)}`, undefined, { cookie: "" })).status).toBe(404)
    expect((await doors.ask("GET", `/api/conversations/${id}/shares`)).body).toEqual([])
    expect((await doors.ask("DELETE", `/api/shares/${await make(makeShareId)}`)).status).toBe(404)
  })

  it("a file of a shared message comes without a credential, never runs, and is kept nowhere", async () => {
    const file = `attachments/${await make(makeAttachmentId)}`
    const given = await fetch(`${doors.url}/api/shared/${goodShare}/${file}`)
    expect([given.status, await given.text()]).toEqual([200, "<b>x"])
    expect(Object.fromEntries(given.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "x-robots-tag": "noindex"
    })
    expect(given.headers.get("content-disposition")).toMatch(/^attachment;/)
    expect((await fetch(`${doors.url}/api/shared/sh_bad/${file}`)).status).toBe(404)
  })

  it("visitors past their bound are told to come again; who has a key goes on", async () => {
    const own = await startDoors(engine, VisitorLimits.layer({ burst: 3, perSecond: 0 }))
    try {
      const visit = async () => (await own.ask("GET", `/api/shared/${goodShare}`, undefined, { cookie: "" })).status
      const statuses: Array<number> = []
      for (let visits = 0; visits < 5; visits++) statuses.push(await visit())
      expect(statuses).toEqual([200, 200, 200, 503, 503])
      expect((await own.ask("GET", "/api/conversations")).status).toBe(200)
    } finally {
      await own.close()
    }
  })

  it("exports everything as JSON, and one branch as Markdown", async () => {
    const question = await message(id, null, "user", [text("Why?")])
    const first = await message(id, question.id, "assistant", [text("Because.")])
    const second = await message(id, question.id, "assistant", [text("For no reason.")])
    doors.conversations.messages.set(id, [question, first, second])
    const json = await doors.ask("GET", `/api/conversations/${id}/export?format=json`)
    expect(json.headers.get("content-type")).toBe("application/json")
    expect(json.body).toMatchObject({ conversation: { id }, messages: [question, first, second] })
    expect(json.headers.get("content-disposition")).toMatch(/^attachment; filename="[^"]+\.json"; filename\*=UTF-8''/)
    const markdown = await doors.ask("GET", `/api/conversations/${id}/export?format=markdown`)
    expect(markdown.text).toContain("For no reason.")
    expect(markdown.text).not.toContain("Because.")
    expect(markdown.headers.get("x-content-type-options")).toBe("nosniff")
    const branch = await doors.ask("GET", `/api/conversations/${id}/export?format=markdown&messageId=${first.id}`)
    expect(branch.text).toMatch(/^# .*\n\n## Somebody\n\nWhy\?\n\n## demo\/echo\n\nBecause\.\n$/)
    const none = await doors.ask("GET", `/api/conversations/${id}/export?format=markdown&messageId=${await make(makeMessageId)}`)
    expect(none.status).toBe(404)
  })

  it("an empty conversation is a file too; another format is none", async () => {
    const empty = await make(doors.conversations.addConversation())
    expect((await doors.ask("GET", `/api/conversations/${empty}/export?format=json`)).body).toMatchObject({ messages: [] })
    expect((await doors.ask("GET", `/api/conversations/${empty}/export?format=markdown`)).text).toMatch(/^# /)
    expect((await doors.ask("GET", `/api/conversations/${empty}/export?format=pdf`)).status).toBe(400)
    expect((await doors.ask("GET", `/api/conversations/cnv_${"0".repeat(26)}/export?format=json`)).status).toBe(404)
  })

  it("prompts are made, listed, changed and removed", async () => {
    const made = await doors.ask("POST", "/api/prompts", {
      kind: "preset",
      name: "Pirate",
      text: "Talk like one.",
      isShared: true
    })
    expect([made.status, made.body]).toMatchObject([201, { name: "Pirate", isShared: true, model: null }])
    expect((await doors.ask("GET", "/api/prompts")).body).toEqual([])
    const id = await make(makePromptId)
    expect((await doors.ask("PATCH", `/api/prompts/${id}`, { name: "x" })).status).toBe(404)
    expect((await doors.ask("DELETE", `/api/prompts/${id}`)).status).toBe(404)
    for (const bad of [{}, { kind: "other", name: "x", text: "" }, { kind: "prompt", name: "", text: "" }]) {
      expect((await doors.ask("POST", "/api/prompts", bad)).status).toBe(400)
    }
  })
})

describe("a file's name", () => {
  it.each([
    ["Plan.md", "Plan.md"],
    ["../../etc/passwd", "etc passwd"],
    ["a\r\nset-cookie: x", "a set-cookie x"],
    ["", "file"],
    ["...", "file"],
    ["\u202Egnp.exe", "gnp.exe"],
    [`${"x".repeat(200)}.md`, `${"x".repeat(97)}.md`]
  ])("%j is saved as %j", (name, saved) => {
    expect(fileName(name)).toBe(saved)
  })

  it("is told in ASCII, and as it is", () => {
    expect(attachmentDisposition(`Ünï"q'% (1).md`)).toBe(
      `attachment; filename="_n_ q'_ (1).md"; filename*=UTF-8''%C3%9Cn%C3%AF%20q%27%25%20%281%29.md`
    )
  })
})

describe("Markdown", () => {
  it("has every kind of part, fenced so that none breaks out", async () => {
    const id = await make(makeMessageId)
    const whole: Message = {
      ...(await message(ConversationId.make(`cnv_${"0".repeat(26)}`), null, "assistant", [
        { type: "reasoning", text: "hm\nwell" },
        { type: "tool-call", id: "1", name: "look", arguments: '{"q":"```"}' },
        { type: "tool-result", toolCallId: "1", content: "found" },
        { type: "image", url: "https://x/a b>.png" },
        { type: "image", url: "data:image/png;base64,AA" },
        text("  done  ")
      ])),
      id,
      error: { code: "x", message: "cut\noff" }
    }
    expect(markdownOf(whole, new Map())).toBe(
      '\n## demo/echo\n\n> hm\n> well\n\nCalls `look`:\n\n````\n{"q":"```"}\n````\n\nAnswered:\n\n```\nfound\n```\n\n' +
        "![image](<https://x/a%20b%3E.png>)\n\n*(an image)*\n\ndone\n\n*cut off*\n"
    )
    expect(markdownOf({ ...whole, content: [], error: null }, new Map())).toBe("")
  })

  it("shows names, titles and errors as they were written, whatever marks they hold", async () => {
    const id = ConversationId.make(`cnv_${"0".repeat(26)}`)
    const attachmentId = await make(makeAttachmentId)
    const file = { type: "file", attachmentId, name: "a_*b*.pdf", contentType: "application/pdf", bytes: 1 } as const
    const said = await message(id, null, "user", [file])
    const marked = { ...said, error: { code: "x", message: "`no` [way](javascript:hit())" } }
    expect(markdownOf(marked, new Map([[doorPrincipal, "<img src=x\n onerror=hit()>"]]))).toBe(
      "\n## \\<img src=x onerror=hit()\\>\n\n*(the file a\\_\\*b\\*.pdf)*\n\n*\\`no\\` \\[way\\](javascript:hit())*\n"
    )
    expect(markdownHead({ title: "# <script>hit()</script>" })).toBe("# # \\<script\\>hit()\\</script\\>\n")
  })
})
