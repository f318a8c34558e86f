#!/usr/bin/env node
/**
 * `npm start`, `npm test` and the rest: installs what is missing, then runs the task on the pinned Node. It runs on any Node from
 * 18 on and needs nothing but npm, so it imports nothing but Node's own modules.
 */
import { createHash } from "node:crypto"
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { buildApp } from "./buildApp.mjs"
import { runChecks } from "./check.mjs"
import { programFlags } from "./programFlags.mjs"
import { run, runDetached } from "./process.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, "node_modules", ".bin")
const pnpmVersion = "12.21.0"
/** The oldest Node that can take the pinned one's place where there is none: it strips types without a flag. */
const leastFallbackNode = [22, 18]
/** Tries at an installation, for a registry that hiccups. */
const installAttempts = 2

const main = async ([task, ...args]) => {
  refuseOldNode()
  const run = tasks[task]
  if (run === undefined) {
    process.stderr.write(`Tasks: ${Object.keys(tasks).join(", ")}. For example: npm start, npm test, npm run check.\n`)
    return 2
  }
  const { node } = await install(root)
  return run({ node, args, root, bin, env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` } })
}

const tasks = {
  start: async (task) => {
    await buildApp(task)
    return runDetached(task.node, [...programFlags, program, "serve", ...task.args], task)
  },
  parley: (task) => run(task.node, [...programFlags, program, ...task.args], task),
  test: (task) => {
    const coverage = process.env.CI === "true" && !task.args.some((arg) => arg.startsWith("--coverage"))
    return run(task.node, [vitest, "run", ...(coverage ? ["--coverage"] : []), ...task.args], task)
  },
  check: (task) => runChecks(task),
  bench: async (task) => {
    await install(join(root, "bench"))
    return run(task.node, [join(root, "bench", "run.ts"), ...task.args], task)
  },
  tour: async (task) => {
    // Without a server's address it starts what it shows.
    if (task.args.length === 0 && !(await buildApp(task))) return 1
    return run(task.node, [join(demo, "tour.ts"), ...task.args], task)
  },
  images: async (task) => ((await buildApp(task)) ? run(task.node, [join(demo, "images.ts"), ...task.args], task) : 1),
  sdk: (task) => run(task.node, [join(root, "packages", "sdk", "build", "buildPackage.ts"), ...task.args], task),
  drill: (task) => run(task.node, [join(root, "drills", "run.ts"), ...task.args], task),
  format: (task) => run(join(bin, "oxfmt"), task.args, { ...task, cwd: root })
}

const program = join(root, "packages", "cli", "src", "main.ts")
const demo = join(root, "packages", "web", "demo")
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")

const refuseOldNode = () => {
  const [major = 0] = process.versions.node.split(".").map(Number)
  if (major < 18)
    throw new Error(`Parley needs Node 18 or later to start; this is ${process.versions.node}. See https://nodejs.org`)
}

/**
 * Installs the dependencies of `folder` unless they are those of its lockfile. The stamp, in `node_modules`, also remembers which
 * Node was found to run, so that a later start asks nothing.
 */
const install = async (folder) => {
  const stampPath = join(folder, "node_modules", ".parley-installed.json")
  const key = installKey(folder)
  const stamp = readStamp(stampPath)
  if (stamp?.key === key) return stamp
  process.stderr.write(`Installing dependencies in ${folder} (the first time some 600 MB on disk) …\n`)
  rmSync(stampPath, { force: true })
  await pnpmInstall(folder)
  const fresh = { key, node: await workingNode() }
  mkdirSync(dirname(stampPath), { recursive: true })
  writeFileSync(stampPath, JSON.stringify(fresh))
  return fresh
}

const installKey = (folder) => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${pnpmVersion} ${folder}`)
  for (const name of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]) hash.update(readFileSync(join(folder, name)))
  return hash.digest("hex")
}

const readStamp = (path) => {
  try {
    const stamp = JSON.parse(readFileSync(path, "utf8"))
    return typeof stamp.node === "string" && existsSync(stamp.node) ? stamp : undefined
  } catch {
    return undefined
  }
}

const pnpmInstall = async (folder) => {
  const [command, first] = await findPnpm()
  const args = [...first, "install", "--frozen-lockfile"]
  for (let attempt = 1; ; attempt++) {
    // CI: never asks a question, such as whether an old node_modules may go.
    const result = await run(command, args, {
      cwd: folder,
      env: { ...process.env, CI: "true", npm_config_update_notifier: "false" },
      capture: true
    })
    if (result.interrupted) throw new Error("The installation was interrupted; the next start goes on with it.")
    if (result.code === 0) return
    if (attempt >= installAttempts) throw new Error(installFault(result.output, [command, ...args].join(" "), folder))
    process.stderr.write("The installation failed; trying once more …\n")
  }
}

const installFault = (output, command, folder) => {
  const network = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|META_FETCH_FAIL|network/i.test(
    output
  )
  // In npm's words, and in pnpm's ("invalid peer certificate: UnknownIssuer"), which says of the network too that it failed.
  const certificate = /SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_(?:UNTRUSTED|HAS_EXPIRED)|peer certificate/i.test(
    output
  )
  const advice = certificate
    ? "The registry's certificate is not trusted. Behind a proxy that opens TLS, set NODE_EXTRA_CA_CERTS to the file of its certificate authority."
    : network
      ? "The npm registry cannot be reached. Look at the network, HTTPS_PROXY, and `npm config get registry`."
      : /ENOSPC/.test(output)
        ? "The disk is full."
        : /EACCES|EPERM/.test(output)
          ? `Something in ${folder} cannot be written by this user; was node_modules made by another one?`
          : "What it said is above."
  return `The dependencies could not be installed. ${advice}\nThe command was: cd ${folder} && ${command}`
}

/** A pnpm of the very version on the PATH, else npx brings it. */
const findPnpm = async () => {
  if (findOnPath("pnpm") !== undefined) {
    const local = await run("pnpm", ["--version"], { cwd: root, env: process.env, capture: true, quiet: true })
    if (local.code === 0 && local.output.trim() === pnpmVersion) return ["pnpm", []]
  }
  const npx = findOnPath("npx") ?? join(dirname(process.execPath), "npx")
  if (!existsSync(npx)) throw new Error("Neither pnpm nor npx was found. Install npm, which comes with Node: https://nodejs.org")
  return [npx, ["--yes", `pnpm@${pnpmVersion}`]]
}

const findOnPath = (name) => {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  return undefined
}

/** The pinned Node from the registry; where that does not run (another platform, musl) this one, if it is new enough. */
const workingNode = async () => {
  const pinned = join(bin, "node")
  if (existsSync(pinned)) {
    const answer = await run(pinned, ["--version"], { cwd: root, env: process.env, capture: true, quiet: true })
    if (answer.code === 0) return pinned
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  const [leastMajor, leastMinor] = leastFallbackNode
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    process.stderr.write(
      `There is no pinned Node for ${process.platform}-${process.arch}; going on with Node ${process.versions.node}.\n`
    )
    return process.execPath
  }
  throw new Error(
    `There is no pinned Node for ${process.platform}-${process.arch}. Run this with Node ${leastFallbackNode.join(".")} or later ` +
      `(this is ${process.versions.node}).`
  )
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
