import { memo } from "react"
import { isolated } from "../../i18n/bidi.ts"
import { presentLocale } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"

interface TypingNoteProps {
  readonly typing: ReadonlyArray<string>
  readonly names: ReadonlyMap<string, string>
  readonly ownId: string
}

/** Names told at once. */
const maxNames = 3

export const TypingNote = memo(({ names, ownId, typing }: TypingNoteProps) => {
  const t = useText()
  const others = typing.filter((id) => id !== ownId).flatMap((id) => names.get(id) ?? [])
  if (names.size < 2) return null
  const list = new Intl.ListFormat(presentLocale()).format(others.slice(0, maxNames).map(isolated))
  return (
    <p className="typing" aria-live="off" dir="auto">
      {others.length === 0 ? null : (
        <>
          <span className="dots" aria-hidden>
            <i />
            <i />
            <i />
          </span>
          {t("thread.typing", { count: others.length, names: list })}
        </>
      )}
    </p>
  )
})
