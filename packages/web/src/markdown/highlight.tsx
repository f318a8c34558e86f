/** highlight.js by way of lowlight, which gives a tree instead of markup. Each grammar is a part of its own. */
import type { LanguageFn } from "highlight.js"
import { createLowlight } from "lowlight"
import type { ReactNode } from "react"

export type Highlighter = (text: string) => ReactNode

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

export const highlighterFor = async (name: string): Promise<Highlighter | undefined> => {
  const language = aliases[name] ?? name
  const grammar = grammars[language]
  if (grammar === undefined) return undefined
  if (!lowlight.registered(language)) lowlight.register(language, (await grammar()).default)
  return (text) => nodesOf(lowlight.highlight(language, text))
}

type Root = ReturnType<typeof lowlight.highlight>
type RootContent = Root["children"][number]
type Element = Extract<RootContent, { readonly type: "element" }>

const nodesOf = ({ children }: Root | Element): ReactNode => children.map((child, index) => nodeOf(child, index))

const nodeOf = (node: RootContent, key: number): ReactNode => {
  if (node.type === "text") return node.value
  if (node.type !== "element") return null
  const classes = node.properties.className
  return (
    <span key={key} className={Array.isArray(classes) ? classes.join(" ") : undefined}>
      {nodesOf(node)}
    </span>
  )
}
