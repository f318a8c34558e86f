/** A real nginx with the configuration of infra/nginx, filled in for a test: ports that are free, a certificate of its own. */
import { spawn } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../packages/cli/src/postgres/freePort.ts"
import { findProgram, libraryPath } from "./debianProgram.ts"
import { rootDir, run } from "./machine.ts"
import type { Held } from "./oncePerRun.ts"

/** Bounds; each takes some 50 ms. */
const startTimeoutMs = 20_000
const certificateTimeoutMs = 20_000

export interface Nginx {
  /** `https://localhost:…` */
  readonly url: string
  /** Where plain HTTP is sent to `url`. */
  readonly plainUrl: string
  readonly port: number
  /** Of its certificate, which signs itself: PEM. */
  readonly certificate: string
  /** The end of what it logged: warnings and errors. */
  readonly complaint: () => string
}

const advice = "Install it (apt-get install nginx openssl, brew install nginx openssl …)."

/** `gateways`, `canary`: addresses as `host:port`. */
export const startNginx = async (gateways: ReadonlyArray<string>, canary: ReadonlyArray<string>): Promise<Held<Nginx>> => {
  const nginx = await findProgram({
    names: ["nginx"],
    packages: ["nginx", "libpcre2-8-0", "libssl3", "zlib1g", "libcrypt1"],
    path: "usr/sbin/nginx",
    advice
  })
  const openssl = await findProgram({ names: ["openssl"], packages: ["openssl", "libssl3"], path: "usr/bin/openssl", advice })
  const dir = await mkdtemp(join(tmpdir(), "parley-nginx-"))
  await mkdir(join(dir, "temporary"))
  const certificatePath = join(dir, "certificate.pem")
  const keyPath = join(dir, "key.pem")
  const wish =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
  await run(openssl.path, [...wish.split(" "), "-keyout", keyPath, "-out", certificatePath], {
    timeoutMs: certificateTimeoutMs,
    env: libraryPath(openssl)
  })
  const [port, plainPort] = [await freePort(), await freePort()]
  const serversOf = (addresses: ReadonlyArray<string>) =>
    addresses.map((address) => `server ${address} max_fails=2 fail_timeout=2s;`).join(" ")
  const values: Record<string, string> = {
    PARLEY_GATEWAYS: serversOf(gateways),
    PARLEY_CANARY: serversOf(canary),
    PARLEY_LISTEN: `127.0.0.1:${port}`,
    PARLEY_LISTEN_HTTP: `127.0.0.1:${plainPort}`,
    PARLEY_SERVER_NAME: "localhost",
    PARLEY_CERTIFICATE: certificatePath,
    PARLEY_CERTIFICATE_KEY: keyPath,
    PARLEY_NGINX_DIR: join(dir, "temporary")
  }
  const template = await readFile(join(rootDir, "infra/nginx/nginx.conf.template"), "utf8")
  const configuration = template.replace(/\$\{(PARLEY_[A-Z_]+)\}/g, (_, name: string) => values[name] ?? "")
  await writeFile(join(dir, "nginx.conf"), configuration)

  const server = spawn(nginx.path, ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...libraryPath(nginx) }
  })
  let complaint = ""
  server.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-40_000)))
  const exited = new Promise<void>((resolve) => server.once("close", () => resolve()).once("error", () => resolve()))
  // Fast shutdown: its workers end with it.
  const endAtExit = () => void server.kill("SIGTERM")
  process.once("exit", endAtExit)
  const end = async () => {
    process.off("exit", endAtExit)
    server.kill("SIGTERM")
    await exited
    await rm(dir, { recursive: true, force: true })
  }
  const deadline = Date.now() + startTimeoutMs
  while (!(await accepts(port))) {
    if (server.exitCode !== null || server.pid === undefined || Date.now() > deadline) {
      await end()
      throw new Error(`${nginx.path} did not start: ${complaint.trim() || `no answer in ${startTimeoutMs} ms`}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const value: Nginx = {
    url: `https://localhost:${port}`,
    plainUrl: `http://localhost:${plainPort}`,
    complaint: () => complaint,
    port,
    certificate: await readFile(certificatePath, "utf8")
  }
  return { value, end }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
