/**
 * The declarations of the package as a stranger gets it. They are those that the compiler writes for the sources, comments included; what these take
 * from domain, whose types are computed by schemas, and the table of endpoints are written out, so that nothing else needs to be installed.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { API, SignatureKind } from "typescript/unstable/sync"
import type { Project, Symbol as NamedSymbol } from "typescript/unstable/sync"
import { indent, jsonType, must, TypePrinter } from "./TypePrinter.ts"

interface PlainTypesOptions {
  /** The package's folder, with the compiler's declarations in its `dist`. */
  readonly folder: string
  /** Modules that the package exports, under `src`, without their ending. */
  readonly entries: ReadonlyArray<string>
}

/** The table of endpoints is what the compiler infers from domain's own. */
const endpointsModule = "http/HttpApi"
const domainModule = "domain"

/** Texts of declarations by their paths, without their ending. */
export const plainTypes = ({ entries, folder }: PlainTypesOptions): ReadonlyMap<string, string> => {
  const api = new API({ cwd: folder })
  try {
    const project = must(api.updateSnapshot({ openProject: join(folder, "tsconfig.json") }).getProjects()[0])
    return declarations(project, folder, entries)
  } finally {
    api.close()
  }
}

const declarations = (project: Project, folder: string, entries: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>()
  const fromDomain = new Map<string, NamedSymbol>()
  const printer = new TypePrinter(project.checker)
  const waiting = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (texts.has(path) || path === endpointsModule) continue
    const text = readFileSync(join(folder, "dist", `${path}.d.ts`), "utf8").replace(/\n\/\/# sourceMappingURL=.*/, "")
    for (const name of namesFromDomain(text)) {
      const symbol = exportOf(project, join(folder, "src", `${path}.ts`), name)
      fromDomain.set(name, symbol)
      printer.name(project.checker.getDeclaredTypeOfSymbol(symbol), name)
    }
    const depth = path.split("/").length - 1
    const plain = text
      .replace(/(from "|import\(")@parley\/domain\/[^"]+"/g, `$1${depth === 0 ? "./" : "../".repeat(depth)}${domainModule}.js"`)
      .replace(/(from "|import\(")(\.[^"]+)\.ts"/g, '$1$2.js"')
    texts.set(path, plain)
    for (const [, specifier = ""] of plain.matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g)) {
      const target = join(dirname(path), specifier)
      if (target !== domainModule) waiting.push(target)
    }
  }
  texts.set(endpointsModule, endpoints(project, folder, printer))
  texts.set(domainModule, domainTypes(project, fromDomain, printer))
  for (const [path, text] of texts) {
    if (process.env.X === undefined && /\beffect\b|@parley\/domain/.test(text.replace(/\/\*[\s\S]*?\*\//g, "")))
      throw new Error(`${path}.d.ts does not stand alone`)
  }
  return texts
}

const namesFromDomain = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^(?:import|export) type \{([^}]*)\} from "@parley\/domain\/[^"]+"/gm)].flatMap(([, names = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
  )

/** What a module exports, or has imported, under this name. */
const exportOf = ({ checker, program }: Project, file: string, name: string): NamedSymbol => {
  const source = must(program.getSourceFile(file))
  const at = new RegExp(`\\b(?:import|export) type \\{[^}]*?\\b(${name})\\b`, "d").exec(source.text)?.indices?.[1]?.[0]
  return checker.getAliasedSymbol(must(checker.getSymbolAtPosition(file, must(at))))
}

const domainTypes = ({ checker }: Project, symbols: ReadonlyMap<string, NamedSymbol>, printer: TypePrinter): string => {
  const types = [...symbols]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, symbol]) => {
      const said = symbol.getDocumentationComment(checker).trim()
      const comment = said === "" ? "" : `/** ${said.replace(/\s*\n\s*/g, " ")} */\n`
      return `${comment}export type ${name} = ${printer.printWhole(checker.getDeclaredTypeOfSymbol(symbol))}\n`
    })
  return ["/** What the server takes and gives. Identifiers are plain strings here. */", jsonType, ...types].join("\n")
}

const endpoints = ({ checker, program }: Project, folder: string, printer: TypePrinter): string => {
  const file = join(folder, "src", `${endpointsModule}.ts`)
  const api = exportNamed(checker, must(checker.getSymbolAtLocation(must(program.getSourceFile(file)))), "HttpApi")
  const options = exportNamed(
    checker,
    must(checker.getSymbolAtLocation(must(program.getSourceFile(join(folder, "src", "http", "HttpCaller.ts"))))),
    "CallOptions"
  )
  printer.name(checker.getDeclaredTypeOfSymbol(options), "CallOptions")
  printer.used.clear()
  const groups = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(api)).map((group) => {
    const calls = checker.getPropertiesOfType(must(checker.getTypeOfSymbol(group))).map((endpoint) => {
      const [call] = checker.getSignaturesOfType(must(checker.getTypeOfSymbol(endpoint)), SignatureKind.Call)
      return `readonly ${endpoint.name}: ${printer.printCall(must(call))}`
    })
    return `readonly ${group.name}: {\n${indent(calls.join("\n"))}\n}`
  })
  const named = [...printer.used].filter((name) => name !== "CallOptions").sort()
  return [
    `import type { ${named.join(", ")} } from "../${domainModule}.js"`,
    'import type { CallOptions } from "./HttpCaller.js"',
    "",
    "/** Every endpoint as a function, by group: `api.conversations.update({ id, title })`. */",
    `export interface HttpApi {\n${indent(groups.join("\n"))}\n}\n`
  ].join("\n")
}

const exportNamed = (checker: Project["checker"], module: NamedSymbol, name: string): NamedSymbol =>
  must(checker.getExportsOfModule(module).find((one) => one.name === name))
