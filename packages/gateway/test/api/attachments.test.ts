/** Files in and out: bounded on the way in, harmless on the way out. */
import { Schema } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Attachment } from "@parley/domain/Attachments"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { maxBodyBytes, startDoors, type Doors } from "../support/startDoors.ts"

const conversation = `cnv_${"0".repeat(26)}`

describe.each(engines)("attachments, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  const upload = (name: string, body: string | Uint8Array<ArrayBuffer>, type = "application/octet-stream") =>
    fetch(`${doors.url}/api/conversations/${conversation}/attachments?name=${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { authorization: `Bearer ${doorKeys.member}`, "content-type": type },
      body
    })

  it("a file comes out as it went in, and can do nothing in the browser", async () => {
    const deep = "[".repeat(100_000)
    for (const [name, body, type, disposition] of [
      ["page.html", "<script>alert(1)</script>", "text/plain; charset=utf-8", "attachment"],
      ["deep.json", deep, "text/plain; charset=utf-8", "attachment"],
      ["old.txt", new Uint8Array([0xff, 0xfe, 0x41, 0]), "text/plain; charset=utf-16le", "attachment"],
      ["p.png", new Uint8Array([0x89, 1, 2, 0, 255]), "image/png", "inline"]
    ] as const) {
      const made = await upload(name, body)
      expect(made.status).toBe(201)
      const { bytes, id } = Schema.decodeUnknownSync(Attachment)(await made.json())
      const answer = await fetch(`${doors.url}/api/attachments/${id}`, {
        headers: { authorization: `Bearer ${doorKeys.member}` }
      })
      const content = new Uint8Array(await answer.arrayBuffer())
      expect(content).toEqual(typeof body === "string" ? new TextEncoder().encode(body) : body)
      expect(bytes).toBe(content.byteLength)
      expect(answer.headers.get("content-type")).toBe(type)
      expect(answer.headers.get("content-disposition")).toBe(`${disposition}; filename="${name}"; filename*=UTF-8''${name}`)
      expect(answer.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'")
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
    }
  })

  it("one that is too large is refused, as is another type of body, or one without a name or a key", async () => {
    expect((await upload("big", "x".repeat(maxBodyBytes + 1))).status).toBe(413)
    expect((await upload("x", "x", "multipart/form-data; boundary=x")).status).toBe(415)
    expect((await upload("", "x")).status).toBe(400)
    expect((await upload("x".repeat(257), "x")).status).toBe(400)
    expect((await doors.ask("GET", `/api/attachments/att_${"0".repeat(26)}`)).status).toBe(404)
    expect((await doors.ask("GET", "/api/attachments/x")).status).toBe(400)
    expect((await doors.ask("GET", `/api/attachments/att_${"0".repeat(26)}`, undefined, { cookie: "" })).status).toBe(401)
  })
})
