/** The built app, as the door serves it: what may be kept, what is compressed, and that nothing else leaves the disk. */
import { Context, Effect, Exit, Layer, Option, Scope } from "effect"
import { HttpRouter } from "effect/http"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, brotliDecompressSync, brotliCompressSync } from "node:zlib"
import { request } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { layerCurrentRequest } from "../../src/auth/CurrentRequest.ts"
import { AppDoor } from "../../src/page/AppDoor.ts"
import { renderFault } from "../../src/renderFault.ts"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import { temporaryFolder, type TemporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { engines } from "../server/support/engines.ts"

const script = `console.log(${JSON.stringify("x".repeat(2_000))})`
const index = `<!doctype html><title>Parley</title><script type="module" src="/assets/index-a1b2c3d4.js"></script>${" ".repeat(500)}`

interface Raw {
  readonly status: number
  readonly headers: Record<string, string | ReadonlyArray<string> | undefined>
  readonly body: Buffer
}

describe.each(engines)("the app on %s", (engine) => {
  let url: URL
  let temporary: TemporaryFolder
  const scope = Scope.makeUnsafe()

  beforeAll(async () => {
    temporary = await temporaryFolder("app")
    const folder = temporary.path
    const dist = join(folder, "dist")
    mkdirSync(join(dist, "assets"), { recursive: true })
    mkdirSync(join(dist, "diagram"))
    writeFileSync(join(folder, "secret.js"), "secret")
    writeFileSync(join(dist, "index.html"), index)
    writeFileSync(join(dist, "sw.js"), "self.skipWaiting()")
    writeFileSync(join(dist, "manifest.webmanifest"), "{}")
    writeFileSync(join(dist, "diagram", "index.html"), index)
    writeFileSync(join(dist, ".env"), "secret")
    writeFileSync(join(dist, "assets", "index-a1b2c3d4.js"), script)
    writeFileSync(join(dist, "assets", "other-a1b2c3d4.js"), script)
    writeFileSync(join(dist, "assets", "other-a1b2c3d4.js.br"), brotliCompressSync("made by the build"))
    writeFileSync(join(dist, "assets", "plain.js"), "1")
    symlinkSync(join(folder, "secret.js"), join(dist, "assets", "link.js"))
    const layer = HttpRouter.serve(Layer.merge(layerCurrentRequest, AppDoor.layer(Option.some(dist))), {
      disableLogger: true,
      disableListenLog: true
    }).pipe(Layer.provideMerge(GatewayServer.layer({ host: "127.0.0.1", port: 0, engine, renderFault })))
    const { address } = Context.get(await Effect.runPromise(Layer.buildWithScope(layer, scope)), GatewayServer)
    url = new URL(address.url)
  })
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await temporary.remove()
  })

  /** As it comes over the wire; `fetch` would tidy the path and unpack the body. */
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: url.hostname, port: url.port, path, method, headers }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => void chunks.push(chunk))
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
        )
      })
      outgoing.on("error", reject)
      outgoing.end()
    })

  it("has its index at every address of its own, kept nowhere, under a policy that lets nothing foreign in", async () => {
    for (const path of ["/", "/c/cnv_1", "/settings?x=1", "/shared/sh_1"]) {
      const answer = await ask(path, { accept: "text/html,*/*" })
      expect([answer.status, answer.body.toString()]).toEqual([200, index])
      expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8")
      expect(answer.headers["cache-control"]).toBe("no-store")
      const policy = String(answer.headers["content-security-policy"])
      expect(policy).toContain("default-src 'none'; script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(answer.headers["x-content-type-options"]).toBe("nosniff")
    }
  })

  it("keeps hashed files for good, and asks about the others each time", async () => {
    const hashed = await ask("/assets/index-a1b2c3d4.js")
    expect([hashed.status, hashed.body.toString()]).toEqual([200, script])
    expect(hashed.headers["cache-control"]).toBe("public, max-age=31536000, immutable")
    for (const path of ["/sw.js", "/manifest.webmanifest", "/assets/plain.js"]) {
      const answer = await ask(path)
      expect([answer.status, answer.headers["cache-control"]]).toEqual([200, "no-cache"])
      const again = await ask(path, { "if-none-match": `"x", W/${answer.headers["etag"]}` })
      expect([again.status, again.body.length]).toEqual([304, 0])
    }
    expect((await ask("/manifest.webmanifest")).headers["content-type"]).toBe("application/manifest+json; charset=utf-8")
  })

  it("sends the smallest that the browser takes, the build's own when there is one", async () => {
    const path = "/assets/index-a1b2c3d4.js"
    const brotli = await ask(path, { "accept-encoding": "gzip, deflate, br" })
    expect([brotli.headers["content-encoding"], brotliDecompressSync(brotli.body).toString()]).toEqual(["br", script])
    const gzip = await ask(path, { "accept-encoding": "gzip, br;q=0" })
    expect([gzip.headers["content-encoding"], gunzipSync(gzip.body).toString()]).toEqual(["gzip", script])
    expect(gzip.headers["vary"]).toBe("accept-encoding")
    expect(gzip.headers["etag"]).not.toBe(brotli.headers["etag"])
    const own = await ask("/assets/other-a1b2c3d4.js", { "accept-encoding": "br;q=0.5" })
    expect(brotliDecompressSync(own.body).toString()).toBe("made by the build")
    for (const accepted of ["identity", "br;q=0, gzip;q=0.0", "zstd"]) {
      expect((await ask(path, { "accept-encoding": accepted })).headers["content-encoding"]).toBeUndefined()
    }
  })

  it("lets the frame of diagrams run nothing but drawing", async () => {
    const policy = String((await ask("/diagram/index.html")).headers["content-security-policy"])
    expect(policy).toMatch(/^sandbox allow-scripts; default-src 'none'/)
    expect(policy).toContain("frame-ancestors 'self'")
    expect((await ask("/assets/index-a1b2c3d4.js")).headers["access-control-allow-origin"]).toBe("*")
  })

  it.each([
    "/../secret.js",
    "/assets/../../secret.js",
    "/..%2fsecret.js",
    "/assets/%2e%2e/%2e%2e/secret.js",
    "/assets/..\\..\\secret.js",
    "/assets/link.js",
    "/.env",
    "/assets/other-a1b2c3d4.js.br",
    "/assets",
    "/%00",
    "/%ff",
    "//etc/passwd"
  ])("has nothing at %s", async (path) => {
    const answer = await ask(path, { accept: "*/*" })
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).not.toContain("secret\n")
    expect(answer.headers["content-type"]).toBe("application/problem+json")
  })

  it("is not what is asked of others", async () => {
    for (const path of ["/api/nothing", "/v1/nothing", "/docs/x", "/assets/gone-a1b2c3d4.js"]) {
      expect((await ask(path, { accept: "text/html" })).status).toBe(404)
    }
    expect((await ask("/anything", { accept: "application/json" })).status).toBe(404)
    expect((await ask("/v1/chat/completions", { accept: "text/html" })).status).toBe(405)
    expect((await ask("/", {}, "HEAD")).status).toBe(200)
  })
})

describe.each(engines)("without a build, on %s", (engine) => {
  it("the small page is served", async () => {
    const scope = Scope.makeUnsafe()
    const layer = HttpRouter.serve(AppDoor.layer(Option.some("/nowhere/at/all")), {
      disableLogger: true,
      disableListenLog: true
    }).pipe(Layer.provideMerge(GatewayServer.layer({ host: "127.0.0.1", port: 0, engine })))
    const { address } = Context.get(await Effect.runPromise(Layer.buildWithScope(layer, scope)), GatewayServer)
    expect(await (await fetch(address.url)).text()).toContain("/page/page.js")
    await Effect.runPromise(Scope.close(scope, Exit.void))
  })
})
