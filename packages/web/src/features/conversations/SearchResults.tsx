import { useEffect, useMemo, useState, type ReactNode } from "react"
import { Link } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import type { Found, Highlight } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"

/** A pause in typing after which the server is asked. */
const pauseMs = 160

type Result = { readonly query: string; readonly found: Found | undefined }

export const SearchResults = ({ query }: { readonly query: string }) => {
  const t = useText()
  const { lists, parley } = useApp()
  const { leaving } = useSnapshot(lists.state)
  const [result, setResult] = useState<Result>()
  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(() => {
      parley.api.list.search({ q: query }, { signal: abort.signal }).then(
        (found) => setResult({ query, found }),
        () => {
          if (!abort.signal.aborted) setResult({ query, found: undefined })
        }
      )
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [parley, query])

  const found = useMemo(() => without(result?.found, leaving), [result, leaving])
  if (result === undefined) return null
  if (found === undefined) return <p className="list-empty">{t("list.loadFailed")}</p>
  if (found.conversations.length === 0 && found.messages.length === 0) {
    return <p className="list-empty">{t("list.noResults", { query: result.query })}</p>
  }
  return (
    <>
      {found.conversations.length === 0 ? null : (
        <section className="list-group">
          <h2>{t("list.resultsTitles")}</h2>
          <ul>
            {found.conversations.map(({ conversation, highlights }) => (
              <li key={conversation.id} className="list-row">
                <Link className="list-link" href={`/c/${conversation.id}`}>
                  <span className="list-title" dir="auto">
                    <Marked text={conversation.title} highlights={highlights} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      {found.messages.length === 0 ? null : (
        <section className="list-group">
          <h2>{t("list.resultsMessages")}</h2>
          <ul>
            {found.messages.map((message) => (
              <li key={message.messageId} className="list-row">
                <Link className="list-link list-found" href={`/c/${message.conversationId}#${message.messageId}`}>
                  <span className="list-title" dir="auto">
                    {contained(message.title)}
                  </span>
                  <span className="list-excerpt" dir="auto">
                    <Marked text={message.excerpt} highlights={message.highlights} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

/** The server may not know yet what was deleted. */
const without = (found: Found | undefined, leaving: ReadonlySet<string>): Found | undefined =>
  found && {
    ...found,
    conversations: found.conversations.filter(({ conversation }) => !leaving.has(conversation.id)),
    messages: found.messages.filter(({ conversationId }) => !leaving.has(conversationId))
  }

const Marked = ({ highlights, text }: { readonly text: string; readonly highlights: ReadonlyArray<Highlight> }) => {
  const parts: Array<ReactNode> = []
  let at = 0
  for (const { end, start } of highlights) {
    parts.push(contained(text.slice(at, start)), <mark key={start}>{contained(text.slice(start, end))}</mark>)
    at = end
  }
  return [...parts, contained(text.slice(at))]
}
