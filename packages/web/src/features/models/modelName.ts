/** `anthropic/claude-sonnet-5` is shown as `claude-sonnet-5`; the provider stands beside it where there is room. */
export const modelName = (id: string): string => {
  const slash = id.indexOf("/")
  return slash < 0 ? id : id.slice(slash + 1)
}

export const providerName = (id: string): string => {
  const slash = id.indexOf("/")
  if (slash < 0) return ""
  const name = id.slice(0, slash)
  return known[name] ?? name.charAt(0).toUpperCase() + name.slice(1)
}

const known: Readonly<Record<string, string>> = { openai: "OpenAI", anthropic: "Anthropic", llama: "Llama", demo: "Demo" }
