/** What a share link shows, to anybody: a conversation as it was, read only. */
import { useEffect, useState } from "react"
import { errorText } from "../../client/errorText.ts"
import { parley } from "../../client/parley.ts"
import { ParleyApiError, type SharedConversation } from "../../client/sdk.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { Logo } from "../../design/Logo.tsx"
import { presentLocale } from "../../i18n/texts.ts"
import { contained } from "../../i18n/bidi.ts"
import { Plain } from "../../i18n/Plain.tsx"
import { useText } from "../../i18n/useText.ts"
import { Markdown } from "../../markdown/Markdown.tsx"
import { modelName } from "../models/modelName.ts"
import { MessageFile } from "../thread/MessageFile.tsx"
import { MessageImage } from "../thread/MessageImage.tsx"
import "../thread/thread.css"
import "./share.css"

type Seen =
  | { readonly status: "asking" }
  /** `fault`: why no more of it could be had. */
  | { readonly status: "good"; readonly shared: SharedConversation; readonly fault?: unknown }
  | { readonly status: "failed"; readonly error: unknown }

/** Messages of one page. */
const pageItems = 100

export const SharedPage = ({ token }: { readonly token: string }) => {
  const t = useText()
  const [seen, setSeen] = useState<Seen>({ status: "asking" })
  const [tries, setTries] = useState(0)
  useEffect(() => {
    parley.api.shares.shared({ token, limit: pageItems }).then(
      (shared) => setSeen({ status: "good", shared }),
      (error: unknown) => setSeen({ status: "failed", error })
    )
  }, [token, tries])
  const title = seen.status !== "good" ? "" : seen.shared.title === "" ? t("thread.untitled") : seen.shared.title
  useEffect(() => {
    document.title = title === "" ? t("app.name") : `${title} · ${t("app.name")}`
  }, [t, title])
  const loadMore = async (before: SharedConversation): Promise<void> => {
    if (before.nextCursor === null) return
    try {
      const next = await parley.api.shares.shared({ token, limit: pageItems, cursor: before.nextCursor })
      setSeen({ status: "good", shared: { ...next, messages: [...before.messages, ...next.messages] } })
    } catch (error) {
      setSeen({ status: "good", shared: before, fault: error })
    }
  }
  if (seen.status === "asking") return <main className="shared" aria-busy />
  if (seen.status === "failed") {
    const { error } = seen
    const isGone = error instanceof ParleyApiError && error.status === 404
    return (
      <main className="shared">
        <div className="empty-page" role="alert">
          <Logo size={44} />
          <h1>{isGone ? t("share.notFound") : errorText(t, error)}</h1>
          {isGone ? null : (
            <button type="button" className="button" data-kind="primary" onClick={() => setTries(tries + 1)}>
              {t("action.retry")}
            </button>
          )}
          <a className="button" href="/">
            {t("share.openApp")}
          </a>
        </div>
      </main>
    )
  }
  const { fault, shared } = seen
  return (
    <main className="shared">
      <header className="shared-head">
        <Logo size={30} />
        <h1 dir="auto">{contained(title)}</h1>
        <p>
          {t("share.readOnly", {
            date: new Date(shared.sharedAtMs).toLocaleDateString(presentLocale(), { dateStyle: "long" })
          })}
        </p>
      </header>
      {shared.messages.map((message, index) => (
        <SharedRow key={index} token={token} message={message} />
      ))}
      {fault === undefined ? null : <p role="alert">{errorText(t, fault)}</p>}
      {shared.nextCursor === null ? null : (
        <button type="button" className="button" onClick={() => void loadMore(shared)}>
          {fault === undefined ? t("list.more") : t("action.retry")}
        </button>
      )}
      <footer className="shared-foot">
        <a className="button" href="/">
          {t("share.openApp")}
        </a>
      </footer>
    </main>
  )
}

interface SharedRowProps {
  readonly token: string
  readonly message: SharedConversation["messages"][number]
}

const SharedRow = ({ message, token }: SharedRowProps) => {
  const t = useText()
  const isAnswer = message.role === "assistant"
  const name = isAnswer ? modelName(message.model ?? "") : t("share.person", { number: message.author ?? 1 })
  return (
    <article className="message shared-row" aria-label={name}>
      <header className="message-author">
        <Avatar of={isAnswer ? "model" : "person"} name={isAnswer ? name : String(message.author ?? 1)} />
        <span>{name}</span>
      </header>
      {message.content.map((part, index) => {
        if (part.type === "image") return <MessageImage key={index} url={part.url} />
        if (part.type === "file") {
          const url = `/api/shared/${encodeURIComponent(token)}/attachments/${encodeURIComponent(part.attachmentId)}`
          return <MessageFile key={index} url={url} name={part.name} isImage={part.contentType.startsWith("image/")} />
        }
        return isAnswer ? (
          <Markdown key={index} text={part.text} />
        ) : (
          <p key={index} className="shared-text" dir="auto">
            <Plain text={part.text} />
          </p>
        )
      })}
    </article>
  )
}
