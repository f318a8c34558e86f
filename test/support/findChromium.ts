/** A setting, the PATH, Playwright's own, else Debian's package: installed as root, unpacked beside the checkout otherwise. */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { cacheDir, findOnPath, isExecutable, isRoot, run } from "./machine.ts"

/** Bound on an installation: 80 MB of packages, some 300 MB unpacked. */
const installTimeoutMs = 600_000
/** Bound on that of what is not needed: 60 MB. */
const shellTimeoutMs = 120_000
/** Bound on the proof that it runs. */
const proofTimeoutMs = 60_000
/** Tries at an installation: Debian's servers sometimes cut a connection. */
const installAttempts = 3

/** `""` where there is none; in CI that is a failure. */
export const findChromium = async (): Promise<string> => {
  const given = process.env.PARLEY_TEST_CHROMIUM
  if (given !== undefined && given !== "") {
    if (isExecutable(given)) return given
    throw new Error(`PARLEY_TEST_CHROMIUM names ${given}, which is not a program that can be run.`)
  }
  const faults: Array<string> = []
  for (const candidate of [async () => onPath(), playwrightsOwn, debians]) {
    try {
      const path = await candidate()
      if (path !== undefined) return path
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
    }
  }
  const advice = "Install chromium, or set PARLEY_TEST_CHROMIUM to its path."
  if (process.env.CI === "true") throw new Error(`The browser tests need a Chromium. ${advice} ${faults.join(" ")}`)
  process.stderr.write(`\n!!! BROWSER TESTS ARE SKIPPED: no Chromium was found. ${advice} ${faults.join(" ")}\n\n`)
  return ""
}

const shells = ["chromium-headless-shell", "chrome-headless-shell"]

/**
 * The same engine without a desktop's windows, which are a quarter of what a headless Chromium works: beside Debian's it is installed as root, as that is.
 * Else the Chromium that was found. Pages are not installed from it.
 */
export const findHeadless = async (chromium: string): Promise<string> => {
  const isNamed = (process.env.PARLEY_TEST_CHROMIUM ?? "") !== ""
  if (chromium === "" || isNamed) return chromium
  const found = findOnPath(shells)
  if (found !== undefined) return found
  // Not in every release, and only sooner done with it.
  if (isRoot && chromium === debiansPath && findOnPath(["apt-get"]) !== undefined)
    await install("chromium-headless-shell", shellTimeoutMs).catch(() => {})
  return findOnPath(shells) ?? chromium
}

const onPath = () => findOnPath(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])

/** Where `playwright install chromium` puts it. */
const playwrightsOwn = async (): Promise<string | undefined> => {
  const folder =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    join(homedir(), process.platform === "darwin" ? "Library/Caches/ms-playwright" : ".cache/ms-playwright")
  const versions = (await readdir(folder).catch(() => []))
    .filter((name) => name.startsWith("chromium"))
    .sort()
    .reverse()
  for (const version of versions) {
    for (const inside of [
      "chrome-linux/chrome",
      "chrome-linux64/chrome",
      "chrome-linux/headless_shell",
      "chrome-headless-shell-linux64/chrome-headless-shell",
      "chrome-mac/Chromium.app/Contents/MacOS/Chromium"
    ]) {
      const path = join(folder, version, inside)
      if (isExecutable(path)) return path
    }
  }
  return undefined
}

const debians = async (): Promise<string | undefined> => {
  if (findOnPath(["apt-get"]) === undefined || findOnPath(["dpkg"]) === undefined) return undefined
  if (isRoot) {
    await installed()
    return onPath()
  }
  return unpacked()
}

const install = async (name: string, timeoutMs: number): Promise<void> => {
  await run("apt-get", ["install", "-y", "--no-install-recommends", name], { timeoutMs, env: debianEnv })
}

/** Where Debian's package puts it. */
const debiansPath = "/usr/bin/chromium"

const debianEnv = { DEBIAN_FRONTEND: "noninteractive" }

const installed = async (): Promise<void> => {
  process.stderr.write("Installing Debian's chromium for the browser tests …\n")
  for (let attempt = 1; ; attempt++) {
    try {
      return await install("chromium", installTimeoutMs)
    } catch (error) {
      if (attempt >= installAttempts) throw error
      await run("apt-get", ["update"], { timeoutMs: installTimeoutMs, env: debianEnv }).catch(() => {})
    }
  }
}

/** Without root: the package and what it needs are downloaded, unpacked and started by a script that names their folders. */
const unpacked = async (): Promise<string> => {
  const root = join(cacheDir, "chromium")
  const script = join(root, scriptName)
  if (existsSync(script)) return script
  process.stderr.write("Downloading Debian's chromium for the browser tests …\n")
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, "chromium-unpacking-"))
  try {
    const plan = await run("apt-get", ["install", "--simulate", "--no-install-recommends", "chromium"], {
      timeoutMs: proofTimeoutMs
    })
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]))
    await run("apt-get", ["download", ...names], { cwd: work, timeoutMs: installTimeoutMs })
    const files = join(work, "files")
    await mkdir(files)
    for (const file of await readdir(work)) {
      if (file.endsWith(".deb")) await run("dpkg", ["-x", join(work, file), files], { timeoutMs: installTimeoutMs })
    }
    await writeFile(join(files, scriptName), scriptText, { mode: 0o755 })
    await run(join(files, scriptName), ["--headless", "--no-sandbox", "--version"], { timeoutMs: proofTimeoutMs })
    await rename(files, root).catch(() => {})
    return script
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const scriptName = "run-chromium"

const scriptText = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu "$here"/lib/*-linux-gnu "$here/usr/lib/chromium" | tr ' ' ':')
export LD_LIBRARY_PATH FONTCONFIG_PATH="$here/etc/fonts"
exec "$here/usr/lib/chromium/chromium" "$@"
`
