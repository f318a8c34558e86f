/** highlight.js by way of lowlight, which gives a tree instead of markup. Each grammar is a part of its own. */
import type { LanguageFn } from "highlight.js"
import { createLowlight } from "lowlight"
import type { ReactNode } from "react"
import { contained } from "../i18n/bidi.ts"

/** A line of code. `key` tells lines apart that look different: one that is as it was need not be rendered again. */
export interface ColouredLine {
  readonly key: string
  readonly nodes: ReactNode
}

export type Highlighter = (text: string) => ReadonlyArray<ColouredLine>

type Grammar = () => Promise<{ readonly default: LanguageFn }>

const grammars: Readonly<Record<string, Grammar>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  go: () => import("highlight.js/lib/languages/go"),
  graphql: () => import("highlight.js/lib/languages/graphql"),
  haskell: () => import("highlight.js/lib/languages/haskell"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  kotlin: () => import("highlight.js/lib/languages/kotlin"),
  latex: () => import("highlight.js/lib/languages/latex"),
  lua: () => import("highlight.js/lib/languages/lua"),
  makefile: () => import("highlight.js/lib/languages/makefile"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  nginx: () => import("highlight.js/lib/languages/nginx"),
  php: () => import("highlight.js/lib/languages/php"),
  powershell: () => import("highlight.js/lib/languages/powershell"),
  python: () => import("highlight.js/lib/languages/python"),
  r: () => import("highlight.js/lib/languages/r"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  scala: () => import("highlight.js/lib/languages/scala"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml")
}

const aliases: Readonly<Record<string, string>> = {
  "c++": "cpp",
  "c#": "csharp",
  cs: "csharp",
  docker: "dockerfile",
  golang: "go",
  hs: "haskell",
  toml: "ini",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  jsonc: "json",
  json5: "json",
  kt: "kotlin",
  tex: "latex",
  md: "markdown",
  ps1: "powershell",
  py: "python",
  python3: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  console: "bash",
  zsh: "bash",
  postgresql: "sql",
  ts: "typescript",
  tsx: "typescript",
  html: "xml",
  svg: "xml",
  vue: "xml",
  yml: "yaml"
}

const lowlight = createLowlight()
const ready = new Map<string, Highlighter>()

/** Undefined as long as its grammar was not fetched. */
export const readyHighlighter = (name: string): Highlighter | undefined => ready.get(aliases[name] ?? name)

export const highlighterFor = async (name: string): Promise<Highlighter | undefined> => {
  const language = aliases[name] ?? name
  const grammar = grammars[language]
  if (grammar === undefined) return undefined
  if (!ready.has(language)) {
    lowlight.register(language, (await grammar()).default)
    ready.set(language, (text) => linesOf(lowlight.highlight(language, text)))
  }
  return ready.get(language)
}

type Root = ReturnType<typeof lowlight.highlight>
type RootContent = Root["children"][number]

/** What goes over the end of a line goes on in the next. */
const linesOf = ({ children }: Root): ReadonlyArray<ColouredLine> => {
  const lines: Array<ColouredLine> = []
  for (const pieces of cut(children)) lines.push(lineOf(pieces))
  return lines
}

interface Piece {
  /** Undefined for plain text. */
  readonly classes: string | undefined
  readonly children: ReadonlyArray<Piece | string>
}

/** The pieces of each line, without its break. */
const cut = (nodes: ReadonlyArray<RootContent>): ReadonlyArray<ReadonlyArray<Piece | string>> => {
  let line: Array<Piece | string> = []
  const lines = [line]
  const add = (parts: ReadonlyArray<ReadonlyArray<Piece | string>>): void => {
    parts.forEach((pieces, index) => {
      if (index > 0) lines.push((line = []))
      line.push(...pieces)
    })
  }
  for (const node of nodes) {
    if (node.type === "text") add(node.value.split("\n").map((text) => (text === "" ? [] : [text])))
    else if (node.type === "element") {
      const { className } = node.properties
      const classes = Array.isArray(className) ? className.join(" ") : undefined
      add(cut(node.children).map((children) => (children.length === 0 ? [] : [{ classes, children }])))
    }
  }
  return lines
}

const lineOf = (pieces: ReadonlyArray<Piece | string>): ColouredLine => ({
  key: JSON.stringify(pieces),
  nodes: pieces.map(nodeOf)
})

/** A mark of direction reaches no further than its token: the end of a comment stays where it ends. */
const nodeOf = (piece: Piece | string, index: number): ReactNode =>
  typeof piece === "string" ? (
    contained(piece)
  ) : (
    <span key={index} className={piece.classes}>
      {piece.children.map(nodeOf)}
    </span>
  )
