import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface TemporaryFolder {
  readonly path: string
  readonly remove: () => Promise<void>
}

/**
 * A folder for a program's data. Its mode lets a Postgres that runs as another user pass through, so that the database is inside
 * and goes with it; in a plain `mkdtemp` folder of root's it would be put elsewhere, and stay.
 */
export const temporaryFolder = async (name: string): Promise<TemporaryFolder> => {
  const path = await mkdtemp(join(tmpdir(), `parley-${name}-`))
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}
