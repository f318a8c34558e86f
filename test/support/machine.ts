/** What tests ask of the machine they run on. */
import { execFile } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

export const rootDir = fileURLToPath(new URL("../..", import.meta.url))

/** Holds what tests have downloaded; not in git. */
export const cacheDir = join(rootDir, ".cache")

export const isRoot = process.getuid?.() === 0

export const findOnPath = (names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      if (folder === "") continue
      const path = join(folder, name)
      if (isExecutable(path)) return path
    }
  }
  return undefined
}

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface RunOptions {
  readonly cwd?: string
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
}

/** Fails with the end of what the command said. */
export const run = (command: string, args: ReadonlyArray<string>, options: RunOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd: options.cwd ?? rootDir, timeout: options.timeoutMs, env: { ...process.env, ...options.env }, maxBuffer: 64 << 20 },
      (error, stdout, stderr) =>
        error === null
          ? resolve(stdout)
          : reject(new Error(`${command} ${args[0] ?? ""} failed: ${(stderr || stdout || error.message).trim().slice(-1_000)}`))
    )
  })
