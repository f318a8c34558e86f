import { Check, Copy, RefreshCw, Replace, Square, Volume2 } from "lucide-react"
import { useRef } from "react"
import { parley } from "../../client/parley.ts"
import type { ChatMessage, Part, ToolResult } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { PopoverButton } from "../../design/popups.tsx"
import { useCopied } from "../../design/useCopied.ts"
import { useText } from "../../i18n/useText.ts"
import { Markdown } from "../../markdown/Markdown.tsx"
import { ModelList } from "../models/ModelList.tsx"
import { modelName } from "../models/modelName.ts"
import { useModels } from "../models/useModels.ts"
import { canSpeak, useReadAloud } from "../speech/useReadAloud.ts"
import { AnswerEnd } from "./AnswerEnd.tsx"
import { MessageDetails } from "./MessageDetails.tsx"
import { Reasoning } from "./Reasoning.tsx"
import { SendFault } from "./SendFault.tsx"
import { Switches } from "./Switches.tsx"
import { textOfParts } from "./textOfParts.ts"
import type { ThreadActions } from "./ThreadActions.ts"
import { ToolCall } from "./ToolCall.tsx"
import { VersionSwitch } from "./VersionSwitch.tsx"

interface AnswerRowProps {
  readonly message: ChatMessage
  readonly toolResults: ReadonlyArray<ToolResult>
  readonly isLast: boolean
  readonly isRoom: boolean
  readonly actions: ThreadActions
}

export const AnswerRow = ({ actions, isLast, isRoom, message, toolResults }: AnswerRowProps) => {
  const t = useText()
  const streaming = message.status === "streaming"
  const { content } = message
  const name = modelName(message.model ?? "")
  const hasSwitches = (message.run?.switches.length ?? 0) > 0
  // Another model went on before one's eyes: said above what stands there already, it would push that away.
  const switchPlace = useRef<"above" | "below">(undefined)
  if (hasSwitches) switchPlace.current ??= streaming && content.length > 0 ? "below" : "above"
  const switches = <Switches message={message} />
  return (
    <article
      className="message answer"
      aria-label={t("message.assistant", { model: name })}
      aria-busy={streaming}
      data-last={isLast}
    >
      <h2 className="visually-hidden">{t("message.assistant", { model: name })}</h2>
      {isRoom ? (
        <header className="message-author">
          <Avatar of="model" name={name} />
          <span>{name}</span>
        </header>
      ) : null}
      {switchPlace.current === "below" ? null : switches}
      {content.map((part, index) => (
        <AnswerPart
          key={index}
          part={part}
          toolResults={message.run === null ? toolResults : [...message.run.toolResults, ...toolResults]}
          live={streaming && index === content.length - 1}
        />
      ))}
      {message.run?.toolCallDrafts.map((draft) => (
        <ToolCall key={`draft-${draft.index}`} name={draft.name ?? ""} input={draft.arguments} live />
      ))}
      {streaming && content.length === 0 ? <Waiting key={switchPlace.current} message={message} actions={actions} /> : null}
      {switchPlace.current === "below" ? switches : null}
      <AnswerEnd message={message} actions={actions} isLast={isLast} />
      {/* The room of what comes at the end. */}
      {streaming ? <div className="message-actions" /> : <AnswerActions message={message} actions={actions} />}
    </article>
  )
}

interface AnswerPartProps {
  readonly part: Part
  readonly toolResults: ReadonlyArray<Pick<ToolResult, "toolCallId" | "content" | "isError">>
  readonly live: boolean
}

const AnswerPart = ({ live, part, toolResults }: AnswerPartProps) => {
  switch (part.type) {
    case "text":
      return <Markdown text={part.text} open={live} />
    case "reasoning":
      return <Reasoning text={part.text} live={live} />
    case "tool-call": {
      const result = toolResults.find(({ toolCallId }) => toolCallId === part.id)
      return <ToolCall name={part.name} input={part.arguments} result={result} live={live} />
    }
    default:
      return null
  }
}

const Waiting = ({ actions, message }: { readonly message: ChatMessage; readonly actions: ThreadActions }) => {
  const t = useText()
  const { isDoubtful, state } = useSnapshot(parley.connection)
  const { delivery } = message
  // With a connection it is asked for in this moment.
  const isAsked = delivery === "accepted" || (delivery === "pending" && state === "open" && !isDoubtful)
  if (!isAsked) return <SendFault message={message} actions={actions} />
  return (
    <p className="message-waiting">
      <span aria-hidden className="dots">
        <i />
        <i />
        <i />
      </span>
      <span className="visually-hidden">{t("message.thinking")}</span>
    </p>
  )
}

const AnswerActions = ({ actions, message }: { readonly message: ChatMessage; readonly actions: ThreadActions }) => {
  const t = useText()
  const [copied, copy] = useCopied()
  const text = textOfParts(message.content)
  const [reading, toggleReading] = useReadAloud(text)
  return (
    <footer className="message-actions">
      <VersionSwitch message={message} onSelect={actions.selectVersion} />
      <IconButton size="small" side="bottom" label={copied ? t("action.copied") : t("action.copy")} onClick={() => copy(text)}>
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      </IconButton>
      <IconButton size="small" side="bottom" label={t("message.regenerate")} onClick={() => actions.regenerate(message)}>
        <RefreshCw aria-hidden />
      </IconButton>
      <AnotherModel message={message} actions={actions} />
      {canSpeak && text !== "" ? (
        <IconButton
          size="small"
          side="bottom"
          label={reading ? t("message.readStop") : t("message.readAloud")}
          aria-pressed={reading}
          onClick={toggleReading}
        >
          {reading ? <Square aria-hidden /> : <Volume2 aria-hidden />}
        </IconButton>
      ) : null}
      <MessageDetails message={message} />
    </footer>
  )
}

/** The same question to another model; nothing where it is known that there is only one. */
const AnotherModel = ({ actions, message }: { readonly message: ChatMessage; readonly actions: ThreadActions }) => {
  const t = useText()
  // There from the start, while the models are still read: the buttons after it are not pushed aside.
  if (useModels().length === 1) return null
  return (
    <PopoverButton
      className="models"
      label={t("models.label")}
      button={
        <IconButton size="small" side="bottom" label={t("message.otherModel")}>
          <Replace aria-hidden />
        </IconButton>
      }
    >
      {(close) => (
        <ModelList
          value={message.model ?? ""}
          onChoose={(model) => {
            close()
            actions.regenerate(message, model)
          }}
        />
      )}
    </PopoverButton>
  )
}
