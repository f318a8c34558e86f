/**
 * `npm run sdk`: the client library as other programs install it, in `dist/package`: one JavaScript module, declarations that stand alone, and a
 * manifest without dependencies. What this repository's own packages import is its source.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"
import { plainTypes } from "./plainTypes.ts"

const folder = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")
const root = join(folder, "..", "..")

/** What the oldest browsers and programs that the README names understand. */
const target = "es2022"

/** Builds it into this folder, which is emptied before. */
export const buildPackage = async (into: string): Promise<void> => {
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  writeTypes(into)
  await writeCode(into)
  writeFileSync(join(into, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`)
  cpSync(join(folder, "README.md"), join(into, "README.md"))
  cpSync(join(root, "LICENSE"), join(into, "LICENSE"))
}

const writeTypes = (into: string): void => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  execFileSync(process.execPath, [compiler, "-b", join(folder, "tsconfig.json")], { stdio: ["ignore", "inherit", "inherit"] })
  for (const [path, text] of plainTypes({ folder, entries: ["sdk"] })) {
    const file = join(into, "types", `${path}.d.ts`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const writeCode = async (into: string): Promise<void> => {
  await build({
    root: folder,
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: into,
      emptyOutDir: false,
      target,
      // Whoever bundles it makes it small; whoever reads it in a debugger is glad of the names.
      minify: false,
      lib: { entry: join(folder, "src", "sdk.ts"), formats: ["es"], fileName: () => "sdk.js" }
    }
  })
}

const manifest = () => {
  const { description, license, name, version }: Record<string, unknown> = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8")
  )
  return {
    name,
    version,
    description,
    license,
    type: "module",
    sideEffects: false,
    exports: { ".": { types: "./types/sdk.d.ts", default: "./sdk.js" }, "./package.json": "./package.json" },
    types: "./types/sdk.d.ts",
    files: ["sdk.js", "types"]
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const into = join(folder, "dist", "package")
  await buildPackage(into)
  process.stdout.write(`The client library is in ${into}: npm install ${into}, or npm pack there.\n`)
}
