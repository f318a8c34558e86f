import { describe, expect, it } from "vitest"
import { renderProblem } from "../../src/server/ServerFault.ts"
import { withDefaults } from "../../src/server/ServerOptions.ts"
import { offeredProtocols, upgradeRefused } from "../../src/server/upgradeRequest.ts"
import { UwsBody } from "../../src/server/UwsBody.ts"
import { formatAddress } from "../../src/server/UwsExchange.ts"
import * as Headers from "effect/http/Headers"

const bufferOf = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer

describe("UwsBody", () => {
  it("survives the buffer it borrowed, once settled", () => {
    const body = new UwsBody(100)
    const chunk = bufferOf("hello")
    body.push(chunk, true)
    body.settle()
    new Uint8Array(chunk).fill(0)
    expect(body.text()).toBe("hello")
    expect(Buffer.from(body.bytes()).toString()).toBe("hello")
  })

  it("joins chunks, drops a byte order mark from text but not from bytes", () => {
    const body = new UwsBody(100)
    body.push(bufferOf("\ufeffab"), false)
    body.push(bufferOf(""), false)
    body.push(bufferOf("cd"), true)
    expect(body.text()).toBe("abcd")
    expect(body.bytes()).toHaveLength(7)
    expect(body.text()).toBe("abcd")
  })

  it("forgets what is too large, tells its listeners once, and ignores the rest", () => {
    const body = new UwsBody(4)
    const heard: Array<number | undefined> = []
    body.push(bufferOf("ab"), false)
    body.listen((chunk) => heard.push(chunk?.byteLength))
    const leave = body.listen(() => heard.push(-1))
    leave()
    body.push(bufferOf("cde"), false)
    body.push(bufferOf("f"), true)
    body.abort()
    expect(body.state).toBe("too-large")
    expect(heard).toEqual([2, -1, undefined])
  })

  it("gives a late listener the whole body", () => {
    const body = new UwsBody(10)
    body.push(bufferOf("abc"), true)
    const heard: Array<number | undefined> = []
    body.listen((chunk) => heard.push(chunk?.byteLength))()
    expect(heard).toEqual([3, undefined])
  })

  it("is aborted with its client", () => {
    const body = new UwsBody(10)
    let state = ""
    body.listen(() => (state = body.state))
    body.abort()
    expect(state).toBe("aborted")
  })
})

describe("small things", () => {
  it("shortens addresses as everybody writes them", () => {
    expect(formatAddress("127.0.0.1")).toBe("127.0.0.1")
    expect(formatAddress("0000:0000:0000:0000:0000:0000:0000:0001")).toBe("::1")
    expect(formatAddress("0000:0000:0000:0000:0000:ffff:c000:0201")).toBe("192.0.2.1")
    expect(formatAddress("not:an:address")).toBe("not:an:address")
  })

  it("has a problem for every status", () => {
    for (const status of [400, 401, 403, 404, 413, 418, 500, 503, 599]) {
      const fault = renderProblem({ status, method: "GET", url: "/", headers: Headers.empty })
      expect(JSON.parse(fault!.body)).toMatchObject({ status, type: "about:blank" })
    }
  })

  it("fills in every bound that is not given", () => {
    const settings = withDefaults({ host: "127.0.0.1", port: 0 })
    expect(Object.values(settings).every((value) => value !== undefined)).toBe(true)
  })

  it("reads the offered subprotocols and refuses other versions and late upgrades", () => {
    expect(offeredProtocols(undefined)).toEqual([])
    expect(offeredProtocols(" a, ,b ")).toEqual(["a", "b"])
    expect(upgradeRefused("13", false)).toBeUndefined()
    expect(upgradeRefused("8", false)?.status).toBe(426)
    expect(upgradeRefused(undefined, false)?.status).toBe(426)
    expect(upgradeRefused("13", true)?.status).toBe(503)
  })
})
