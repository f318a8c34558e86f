/** The house's own rules. An exemption carries its reason, and fails here once it is no longer needed. */
import { builtinModules } from "node:module"
import { basename } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { importCycles } from "./support/importCycles.ts"
import { exists, filesBelow, parse, readSource, readText, type SourceFile } from "./support/SourceFile.ts"

/** What each package's `src` may import of the others. */
const mayImport: Record<string, ReadonlyArray<string>> = {
  domain: [],
  providers: ["domain"],
  runtime: ["domain", "providers"],
  gateway: ["domain"],
  cli: ["domain", "providers", "runtime", "gateway"],
  sdk: ["domain"],
  web: ["domain", "sdk"]
}

/** A suite is a list of claims, and may be longer than what it tests. */
const maxLines = (path: string) => (/(^|\/)test\//.test(path) ? 400 : 300)

/** Longer than that, and why it is right. */
const longFiles: Record<string, string> = {
  "packages/web/src/i18n/en.ts": "a catalogue of texts, one a line",
  "packages/web/src/i18n/de.ts": "a catalogue of texts, one a line"
}

const Manifest = Schema.fromJsonString(
  Schema.Struct({
    packageManager: Schema.optionalKey(Schema.String),
    dependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    devDependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    optionalDependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    peerDependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  })
)
const readManifest = (path: string) => Schema.decodeUnknownSync(Manifest)(readText(path))

const isSource = (path: string) => /\.(tsx?|mjs)$/.test(path)
const sourcesOf = (folder: string): Array<SourceFile> => filesBelow(folder).filter(isSource).map(readSource)
const packages = Object.keys(mayImport).filter((name) => exists(`packages/${name}/package.json`))
const src = packages.flatMap((name) => sourcesOf(`packages/${name}/src`))
const packageOf = (path: string) => path.split("/")[1] ?? ""
const all = [...["packages", "test", "infra", "bench", "drills"].flatMap(sourcesOf), readSource("vitest.workspace.ts")]

describe("imports", () => {
  it("go one way: domain ← providers ← runtime ← cli, domain ← gateway ← cli, domain ← sdk ← web", () => {
    const wrong = src.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const other = /^@parley\/([^/]+)/.exec(specifier)?.[1]
        if (other === undefined) return []
        return mayImport[packageOf(file.path)]?.includes(other) === true ? [] : [`${file.path} imports ${specifier}`]
      })
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("cross to another package by its name, never by a path", () => {
    const wrong = src.flatMap((file) =>
      file.imports.flatMap(({ specifier, target }) =>
        specifier.startsWith(".") && target?.startsWith(`packages/${packageOf(file.path)}/src/`) !== true
          ? [`${file.path} imports ${specifier}`]
          : []
      )
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("name files that exist", () => {
    const wrong = all.flatMap((file) =>
      file.imports.flatMap(({ specifier, target }) =>
        target === undefined || exists(target) ? [] : [`${file.path} imports ${specifier}`]
      )
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("of domain are of effect only, so that a browser can load it", () => {
    const wrong = sourcesOf("packages/domain/src").flatMap((file) =>
      file.imports.flatMap(({ specifier }) =>
        /^(effect$|effect\/|\.)/.test(specifier) ? [] : [`${file.path} imports ${specifier}`]
      )
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("of a package's src are in its own manifest", () => {
    const wrong = packages.flatMap((name) => {
      const { dependencies, optionalDependencies } = readManifest(`packages/${name}/package.json`)
      const declared = new Set(Object.keys({ ...dependencies, ...optionalDependencies }))
      return sourcesOf(`packages/${name}/src`).flatMap((file) =>
        file.imports.flatMap(({ specifier }) => {
          if (specifier.startsWith(".") || specifier.startsWith("node:")) return []
          const parts = specifier.split("/")
          const dependency = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "")
          return declared.has(dependency) ? [] : [`${file.path} imports ${specifier}`]
        })
      )
    })
    assert.deepStrictEqual(wrong, [])
  })

  it("of Node's own modules carry the node: prefix", () => {
    const wrong = all.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => (builtinModules.includes(specifier) ? [`${file.path} imports ${specifier}`] : []))
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("make no cycle", () => {
    assert.deepStrictEqual(importCycles(all), [])
  })
})

describe("the rules themselves", () => {
  it("see static, type-only, re-exporting, dynamic and inline imports", () => {
    const file = parse(
      "packages/domain/src/Sample.ts",
      [
        'import { a } from "./a.ts"',
        'import type { B } from "./b.ts"',
        'export { c } from "./c.ts"',
        'export * from "./d.ts"',
        'const e = await import("./e.ts")',
        'type F = import("./f.ts").F',
        '// import "./not.ts"',
        'const text = `import "./neither.ts"`'
      ].join("\n")
    )
    assert.deepStrictEqual(
      file.imports.map(({ target, typeOnly }) => `${typeOnly ? "type " : ""}${target}`),
      ["a", "type b", "c", "d", "e", "type f"].map((name) => name.replace(/\w$/, "packages/domain/src/$&.ts"))
    )
  })

  it("see escapes from the type system, and not the words in a text", () => {
    const file = parse("x.ts", ["const a = b as any", "const c = d as unknown as E", "const text = 'as any'"].join("\n"))
    assert.deepStrictEqual(file.escapes, ["x.ts:1 as any", "x.ts:2 as unknown as"])
  })

  it("find a cycle of three once, whatever leads into it", () => {
    const file = (path: string, ...targets: ReadonlyArray<string>): SourceFile => ({
      path,
      text: "",
      lines: 0,
      escapes: [],
      imports: targets.map((target) => ({
        specifier: target,
        target: target.replace(/^type /, ""),
        typeOnly: target.startsWith("type ")
      }))
    })
    const files = [file("in", "a"), file("a", "b"), file("b", "c", "out"), file("c", "a"), file("out", "type in", "type b")]
    assert.deepStrictEqual(importCycles(files), ["a → b → c → a"])
  })
})

describe("files", () => {
  it("are one noun or one act: no barrel, no drawer of odds and ends", () => {
    const wrong = all.filter(({ path }) => /^(index|utils?|helpers?|common|misc)\.(ts|mjs)$/i.test(basename(path)))
    assert.deepStrictEqual(
      wrong.map(({ path }) => path),
      []
    )
  })

  it("have at most 300 lines, tests 600, or a reason", () => {
    const long = all.filter(({ lines, path }) => lines > maxLines(path) && longFiles[path] === undefined)
    assert.deepStrictEqual(
      long.map(({ lines, path }) => `${path}: ${lines}`),
      []
    )
  })

  it("are not exempt from that without need", () => {
    const stale = Object.keys(longFiles).filter((path) => !exists(path) || readSource(path).lines <= maxLines(path))
    assert.deepStrictEqual(stale, [])
  })

  it("never leave the type system by force", () => {
    assert.deepStrictEqual(
      all.flatMap(({ escapes }) => escapes),
      []
    )
  })

  it("promise nothing for later, and run all of their tests", () => {
    const promise = /\b(TODO|FIXME|XXX|HACK)\b|\b(it|test|describe)(\.\w+)*\.only\(/
    const own = "test/boundaries.test.ts"
    const wrong = all.flatMap(({ path, text }) =>
      path === own
        ? []
        : text.split("\n").flatMap((line, index) => (promise.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []))
    )
    assert.deepStrictEqual(wrong, [])
  })
})

describe("dependencies", () => {
  const manifests = ["package.json", "bench/package.json", ...packages.map((name) => `packages/${name}/package.json`)]
  const exact = /^(npm:(@[^/]+\/)?[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$|^catalog:$|^workspace:\*$|^link:\.\.\//

  it("are pinned to one version each", () => {
    const wrong = manifests.filter(exists).flatMap((path) => {
      const { dependencies, devDependencies, optionalDependencies } = readManifest(path)
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap(([name, version]) =>
        exact.test(version) ? [] : [`${path}: ${name} ${version}`]
      )
    })
    const catalog = /^catalog:\n((?: {2}.+\n?)+)/m.exec(readText("pnpm-workspace.yaml"))?.[1] ?? ""
    for (const line of catalog.trim().split("\n"))
      if (!/: \d+\.\d+\.\d+(-[\w.]+)?$/.test(line)) wrong.push(`catalog: ${line.trim()}`)
    assert.isAbove(catalog.length, 0)
    assert.deepStrictEqual(wrong, [])
  })

  it("name one pnpm and one Node everywhere", () => {
    const root = readManifest("package.json")
    const pnpm = /pnpmVersion = "([^"]+)"/.exec(readText("infra/run.mjs"))?.[1]
    assert.strictEqual(root.packageManager, `pnpm@${pnpm}`)
    const node = /^nodeVersion: (.+)$/m.exec(readText("pnpm-workspace.yaml"))?.[1]
    const nodes = Object.entries(root.optionalDependencies ?? {}).filter(([name]) => name.startsWith("node-"))
    assert.isAbove(nodes.length, 0)
    for (const [name, version] of nodes) assert.strictEqual(version, node, name)
  })
})
