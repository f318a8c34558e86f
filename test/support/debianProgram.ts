/** A server that tests need: on the PATH, else Debian's packages unpacked beside the checkout, which needs no root. */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { cacheDir, findOnPath, isExecutable, isRoot, run } from "./machine.ts"

/** Bound on the download of the packages, a few megabytes together. */
const downloadTimeoutMs = 120_000

export interface Wanted {
  readonly names: ReadonlyArray<string>
  /** With the libraries that a small installation may lack. */
  readonly packages: ReadonlyArray<string>
  /** Of the program inside the packages. */
  readonly path: string
  /** What a person can do where there is no Debian. */
  readonly advice: string
}

export interface Program {
  readonly path: string
  /** Folders of the libraries that came with it, for the loader; empty for one of the machine's own. */
  readonly libraries: string
}

export const findProgram = async (wanted: Wanted): Promise<Program> => {
  const onPath = findOnPath(wanted.names) ?? wanted.names.map((name) => `/usr/sbin/${name}`).find(isExecutable)
  if (onPath !== undefined) return { path: onPath, libraries: "" }
  const root = join(cacheDir, basename(wanted.path))
  const path = join(root, wanted.path)
  if (!existsSync(path)) await unpack(root, wanted)
  const libraries: Array<string> = []
  for (const lib of ["usr/lib", "lib"]) {
    for (const name of await readdir(join(root, lib)).catch(() => [])) {
      if (name.endsWith("-linux-gnu")) libraries.push(join(root, lib, name))
    }
  }
  return { path, libraries: libraries.join(":") }
}

export const libraryPath = (program: Program): Record<string, string> =>
  program.libraries === "" ? {} : { LD_LIBRARY_PATH: program.libraries }

const unpack = async (root: string, { advice, names, packages }: Wanted): Promise<void> => {
  const need = `The tests need ${names.join(" or ")}.`
  if (findOnPath(["apt-get"]) === undefined || findOnPath(["dpkg"]) === undefined) throw new Error(`${need} ${advice}`)
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, "unpacking-"))
  try {
    const download = () => run("apt-get", ["download", ...packages], { cwd: work, timeoutMs: downloadTimeoutMs })
    try {
      await download()
    } catch (error) {
      if (!isRoot) throw error
      await run("apt-get", ["update"], { timeoutMs: downloadTimeoutMs })
      await download()
    }
    const unpacked = join(work, "unpacked")
    await mkdir(unpacked)
    for (const file of await readdir(work)) {
      if (file.endsWith(".deb")) await run("dpkg", ["-x", join(work, file), unpacked], { timeoutMs: downloadTimeoutMs })
    }
    // Another run may have been quicker; its copy is as good.
    await rename(unpacked, root).catch(() => {})
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new Error(`${need} It is not on the PATH, and Debian's package could not be downloaded. ${advice} ${said}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
