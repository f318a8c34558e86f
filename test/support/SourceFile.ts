/** The house's own sources, as its rules see them: parsed, with what each file imports. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { parseSync } from "vite"
import { rootDir } from "./machine.ts"

export interface SourceFile {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: ReadonlyArray<Import>
  /** `as any`, `as unknown as …` and comments that silence the compiler, with their lines. */
  readonly escapes: ReadonlyArray<string>
}

export interface Import {
  readonly specifier: string
  /** The file it names, from the root, when that is one of ours by a relative path. */
  readonly target: string | undefined
  /** Erased before it runs. */
  readonly typeOnly: boolean
}

const skipped = new Set(["node_modules", "dist", "coverage", ".git", ".cache", ".data", "artifacts", "fixtures", "tmp"])

/** Paths from the root of all files below `folder`. */
export const filesBelow = (folder: string): Array<string> => {
  const found: Array<string> = []
  for (const entry of readdirSync(join(rootDir, folder), { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...filesBelow(path))
    else found.push(path)
  }
  return found
}

export const exists = (path: string): boolean => statSync(join(rootDir, path), { throwIfNoEntry: false })?.isFile() === true

export const readText = (path: string): string => readFileSync(join(rootDir, path), "utf8")

const parsed = new Map<string, SourceFile>()

export const readSource = (path: string): SourceFile => {
  const known = parsed.get(path)
  if (known !== undefined) return known
  const text = readText(path)
  const file = parse(path, text)
  parsed.set(path, file)
  return file
}

export const parse = (path: string, text: string): SourceFile => {
  const { comments, errors, module, program } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`)
  /** Whether all that is imported from it is erased. */
  const specifiers = new Map<string, boolean>()
  const add = (specifier: string, typeOnly: boolean) => specifiers.set(specifier, typeOnly && (specifiers.get(specifier) ?? true))
  for (const { moduleRequest, start } of module.staticImports) {
    // `import { type A }` stays as an import without names; only `import type` goes.
    add(moduleRequest.value, /^import\s+type\s+[{*\w]/.test(text.slice(start, start + 40)))
  }
  for (const statement of module.staticExports) {
    for (const { isType, moduleRequest } of statement.entries) if (moduleRequest !== null) add(moduleRequest.value, isType)
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^["'`]([^"'`$]+)["'`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
    if (literal?.[1] !== undefined) add(literal[1], false)
  }
  const escapes: Array<string> = []
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length
  visit(program, (node) => {
    if (node.type === "TSImportType" && isNode(node.source) && typeof node.source.value === "string") {
      add(node.source.value, true)
    }
    if (node.type !== "TSAsExpression" || !isNode(node.typeAnnotation)) return
    const inner = node.expression
    if (node.typeAnnotation.type === "TSAnyKeyword") escapes.push(`${path}:${lineAt(Number(node.start))} as any`)
    if (isNode(inner) && inner.type === "TSAsExpression" && isNode(inner.typeAnnotation)) {
      if (inner.typeAnnotation.type === "TSUnknownKeyword") escapes.push(`${path}:${lineAt(Number(node.start))} as unknown as`)
    }
  })
  for (const comment of comments) {
    if (/@ts-(ignore|nocheck|expect-error)/.test(comment.value)) escapes.push(`${path}:${lineAt(comment.start)} @ts-…`)
  }
  return {
    path,
    text,
    lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    imports: [...specifiers].map(([specifier, typeOnly]) => ({ specifier, target: targetOf(path, specifier), typeOnly })),
    escapes
  }
}

const targetOf = (from: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return relative(rootDir, resolve(rootDir, dirname(from), specifier))
  const ours = /^@parley\/([^/]+)\/(.+)$/.exec(specifier)
  return ours === null ? undefined : `packages/${ours[1]}/src/${ours[2]}.ts`
}

type Node = { readonly type: string; readonly [key: string]: unknown }

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const visit = (value: unknown, see: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const item of value) visit(item, see)
  else if (isNode(value)) {
    see(value)
    for (const child of Object.values(value)) if (typeof child === "object" && child !== null) visit(child, see)
  }
}
