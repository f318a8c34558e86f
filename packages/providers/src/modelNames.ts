/** Whose a model is, by its name alone. */
export interface OwnedModel {
  readonly provider: string
  /** The provider's own name. */
  readonly model: string
}

/** Families that everybody asks for by their bare name. */
const families: ReadonlyArray<readonly [pattern: RegExp, provider: string]> = [
  [/^(gpt-|o\d|chatgpt-|text-embedding-)/, "openai"],
  [/^claude-/, "anthropic"]
]

/** Settings by which a provider that we know comes alive. */
const settings = new Map([
  ["openai", "OPENAI_API_KEY"],
  ["anthropic", "ANTHROPIC_API_KEY"],
  ["llama", "LLAMA_BASE_URL"]
])

/** Longest part of a name that an error repeats, in UTF-16 code units. */
const maxQuotedLength = 200

/** `provider/model` of a live provider, or a bare name of a well-known family; undefined when only the live models can tell. */
export const ownerOf = (name: string, live: ReadonlyArray<string>): OwnedModel | undefined => {
  const slash = name.indexOf("/")
  const prefix = slash < 0 ? "" : name.slice(0, slash)
  if (slash >= 0 && slash < name.length - 1 && live.includes(prefix)) {
    return { provider: prefix, model: name.slice(slash + 1) }
  }
  const family = families.find(([pattern, provider]) => pattern.test(name) && live.includes(provider))
  return family === undefined ? undefined : { provider: family[1], model: name }
}

/**
 * What to tell somebody whose model nobody has. Of somebody who may not ask all providers: `allowed` are those whose names may be told, and what is
 * not set up here is not for his eyes either.
 */
export const notFoundMessage = (name: string, live: ReadonlyArray<string>, allowed?: ReadonlyArray<string>): string => {
  const quoted = name.length > maxQuotedLength ? `${name.slice(0, maxQuotedLength)}…` : name
  const told = allowed ?? live
  const named = told.length === 0 ? "" : ` Name one as provider/model, of ${told.join(", ")};`
  return `There is no model "${quoted}".${allowed === undefined ? missing(name, live) : ""}${named} GET /v1/models lists them.`
}

const missing = (name: string, live: ReadonlyArray<string>): string => {
  const wanted = name.includes("/")
    ? name.slice(0, name.indexOf("/"))
    : (families.find(([pattern]) => pattern.test(name))?.[1] ?? "")
  const setting = live.includes(wanted) ? undefined : settings.get(wanted)
  return setting === undefined ? "" : ` The provider ${wanted} is not set up here: it needs ${setting}.`
}
