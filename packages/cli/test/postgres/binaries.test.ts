import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { reachableBinaries } from "../../src/postgres/binaries.ts"
import { serverAccount } from "../../src/postgres/ServerAccount.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => temporaryFolder("binaries")),
  (made) => Effect.promise(made.remove)
).pipe(Effect.map((made) => made.path))

const account = Effect.promise(async () => {
  const found = await serverAccount()
  if (found === undefined) throw new Error("no account")
  return found
})

/** Something in the shape of the binaries, that says where it is. */
const makeBinaries = (path: string) => {
  mkdirSync(join(path, "bin"), { recursive: true })
  mkdirSync(join(path, "lib"))
  writeFileSync(join(path, "bin", "postgres"), "#!/bin/sh\necho $0\n", { mode: 0o755 })
  writeFileSync(join(path, "lib", "libpq.so.5.18"), "")
  symlinkSync("libpq.so.5.18", join(path, "lib", "libpq.so.5"))
}

it.live("binaries that the server's user can reach are used where they are", () =>
  Effect.gen(function* () {
    const path = yield* folder
    makeBinaries(path)
    const user = yield* account
    assert.strictEqual(yield* Effect.promise(() => reachableBinaries(user, path, join(path, "copy"))), join(path, "bin"))
    assert.notInclude(readdirSync(path), "copy")
  }).pipe(Effect.scoped)
)

describe.runIf(process.getuid?.() === 0)("as root", () => {
  it.live("binaries out of that user's reach are copied once, whole, with their links", () =>
    Effect.gen(function* () {
      const closed = yield* folder
      const state = yield* folder
      yield* Effect.promise(() => chmod(closed, 0o700))
      makeBinaries(closed)
      yield* Effect.promise(() => chmod(join(closed, "bin", "postgres"), 0o700))
      const user = yield* account
      const find = Effect.promise(() => reachableBinaries(user, closed, join(state, "copy")))
      const bin = yield* find
      assert.strictEqual(bin, join(state, "copy", "bin"))
      assert.deepStrictEqual(readdirSync(state), ["copy"])
      assert.deepStrictEqual(readdirSync(join(state, "copy", "lib")), ["libpq.so.5", "libpq.so.5.18"])
      const ran = spawnSync(join(bin, "postgres"), { cwd: "/", ...user.ids })
      assert.strictEqual(String(ran.stdout).trim(), join(bin, "postgres"))
      writeFileSync(join(state, "copy", "kept"), "")
      yield* find
      assert.include(readdirSync(join(state, "copy")), "kept")
    }).pipe(Effect.scoped)
  )

  it.live("a copy that has no room is an error that names the way out", () =>
    Effect.gen(function* () {
      const closed = yield* folder
      const state = yield* folder
      yield* Effect.promise(() => chmod(closed, 0o700))
      makeBinaries(closed)
      writeFileSync(join(state, "file"), "")
      const user = yield* account
      const error = yield* Effect.promise(() =>
        reachableBinaries(user, closed, join(state, "file", "copy")).then(
          () => "no error",
          (cause: unknown) => String(cause)
        )
      )
      assert.include(error, "DATABASE_URL")
    }).pipe(Effect.scoped)
  )
})

describe.runIf(process.getuid?.() === 0)("the server's account, when the program is root", () => {
  it("is not root, and is the owner of a database that exists", async () => {
    assert.notStrictEqual((await serverAccount())?.ids?.uid ?? 0, 0)
    assert.deepStrictEqual((await serverAccount(4_321))?.ids, { uid: 4_321, gid: 4_321 })
    assert.deepStrictEqual(await serverAccount(0), await serverAccount())
  })
})
