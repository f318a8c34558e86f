/** A conversation in Markdown, as a person would read it. */
import type { Part } from "@parley/domain/Content"
import type { PrincipalId } from "@parley/domain/Ids"
import type { Conversation, Message } from "@parley/domain/Message"

export const markdownHead = (conversation: Pick<Conversation, "title">): string => `# ${plain(conversation.title)}\n`

/** With the names of those who spoke; empty for a message that says nothing. */
export const markdownOf = (message: Message, names: ReadonlyMap<PrincipalId, string>): string => {
  const said = message.content.map(partOf).filter((text) => text !== "")
  if (message.error !== null) said.push(`*${plain(message.error.message)}*`)
  if (said.length === 0) return ""
  return `\n## ${plain(speakerOf(message, names))}\n\n${said.join("\n\n")}\n`
}

const speakerOf = ({ answeredBy, authorId, model, role }: Message, names: ReadonlyMap<PrincipalId, string>): string => {
  if (role === "assistant") return answeredBy ?? model ?? "Assistant"
  if (role === "system") return "System"
  return (authorId === null ? undefined : names.get(authorId)) ?? "Somebody"
}

const partOf = (part: Part): string => {
  switch (part.type) {
    case "text":
      return part.text.trim()
    case "image":
      return part.url.startsWith("data:") ? "*(an image)*" : `![image](<${part.url.replace(/[<>\s]/g, encodeURIComponent)}>)`
    case "file":
      return `*(the file ${plain(part.name)})*`
    case "reasoning":
      return part.text.trim() === "" ? "" : quoted(part.text.trim())
    case "tool-call":
      return `Calls \`${part.name}\`:\n\n${fenced(part.arguments)}`
    case "tool-result":
      return `Answered:\n\n${fenced(part.content)}`
  }
}

/** What is no Markdown, in one line: a name or a title with markup in it is shown as it was written, by whatever reads the file. */
const plain = (text: string): string =>
  text
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/[\\`*_[\]<>&]/g, "\\$&")
const quoted = (text: string): string => text.replace(/^/gm, "> ")

/** A fence longer than any inside. */
const fenced = (text: string): string => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(Math.max(3, longest + 1))
  return `${fence}\n${text}\n${fence}`
}
