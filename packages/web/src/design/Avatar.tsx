import { Bot } from "lucide-react"

interface AvatarProps {
  readonly of: "person" | "model"
  readonly name: string
  /** Somebody who is here now. */
  readonly online?: boolean
}

/** Initials in a colour of their own; a sign for a model. Beside a name that is read, so hidden from those who hear. */
export const Avatar = ({ name, of, online = false }: AvatarProps) => (
  <span className="avatar" aria-hidden data-of={of} data-online={online || undefined} style={{ "--hue": hueOf(name) }}>
    {of === "model" ? <Bot /> : initials(name)}
  </span>
)

const initials = (name: string): string => {
  const words = name.trim().split(/\s+/)
  const first = firstCharacter(words[0] ?? "")
  return (words.length > 1 ? first + firstCharacter(words.at(-1) ?? "") : first).toUpperCase() || "?"
}

/** Of what a reader takes for one: an emoji of several code points too. */
const firstCharacter = (word: string): string => {
  for (const { segment } of new Intl.Segmenter().segment(word)) return segment
  return ""
}

const hueOf = (name: string): number => {
  let sum = 7
  for (let index = 0; index < name.length; index++) sum = (sum * 31 + name.charCodeAt(index)) % 360
  return sum
}
