import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import { commandEvent } from "../../app/useShortcuts.ts"
import { useApp } from "../../app/AppContext.ts"
import { Bar } from "../../app/Bar.tsx"
import { useReportAt } from "../../app/useReportAt.ts"
import { dropTarget, useTarget } from "../../app/useTarget.ts"
import type { ChatMessage, Sent } from "../../client/sdk.ts"
import { useChat } from "../../client/useChat.ts"
import { copyText } from "../../design/copyText.ts"
import { notify } from "../../design/notify.ts"
import { useText } from "../../i18n/useText.ts"
import { Composer, type ComposedMessage, type ComposerHandle } from "../composer/Composer.tsx"
import { ComposerTools } from "../composer/ComposerTools.tsx"
import { withUploads } from "../composer/withUploads.ts"
import { useComposerSuggestions } from "../composer/useComposerSuggestions.ts"
import { useFileDrop } from "../composer/useFileDrop.tsx"
import { answerWith } from "../models/answerWith.ts"
import { useModelIds } from "../models/useModels.ts"
import { askOf } from "../rooms/askOf.ts"
import { TypingNote } from "../rooms/TypingNote.tsx"
import { AnswerAnnouncer } from "./AnswerAnnouncer.tsx"
import { ConversationBar } from "./ConversationBar.tsx"
import { lastWhole } from "./lastWhole.ts"
import { MessageRow } from "./MessageRow.tsx"
import { NoConversation } from "./NoConversation.tsx"
import { Thread, type FoundPlace } from "./Thread.tsx"
import type { ThreadActions } from "./ThreadActions.ts"
import { ThreadSkeleton } from "./ThreadSkeleton.tsx"
import { tellEndOfLeft } from "./tellEndOfLeft.ts"
import { textOfParts } from "./textOfParts.ts"
import { useToolResults } from "./toolResults.ts"

/** How long what was found stays marked; as long as its animation. */
const foundMs = 2_600

export const ConversationPage = ({ id }: { readonly id: string }) => {
  const t = useText()
  const { lists, me, parley, startNew } = useApp()
  const report = useReportAt(id)
  const [chat, state] = useChat(id)
  const { activeRun, beginning, conversation, members, messages, status } = state
  const composer = useRef<ComposerHandle>(null)
  const [editing, setEditing] = useState<string>()
  const toolResults = useToolResults(messages)
  const drop = useFileDrop((files) => composer.current?.addFiles(files))
  const isRoom = members.length > 1
  const suggestions = useComposerSuggestions(isRoom ? members : undefined)
  const modelIds = useModelIds()
  const names = useMemo(
    () => new Map<string, string>(members.map(({ displayName, principalId }) => [principalId, displayName])),
    [members]
  )

  /** What is not sent yet follows the version that is shown: behind another one it would be out of sight. */
  const mayBranch = useCallback((): boolean => {
    if (chat.messages.every(({ delivery }) => delivery === "accepted")) return true
    notify(t("message.unsentFirst"), { place: id })
    return false
  }, [chat, id, t])
  const actions = useMemo<ThreadActions>(() => {
    /** What was asked of a message, by the message's key. */
    const asked = new Map<string, Sent>()
    // A second press, which may come before the first one is seen, asks for nothing more until the server has that: each is paid for.
    const isAsked = ({ key }: ChatMessage): boolean => {
      const before = asked.get(key)
      return before !== undefined && chat.sent(before.key) !== undefined
    }
    /** Another version; false where none may begin now. */
    const branch = (message: ChatMessage, ask: (messageId: string) => Sent): boolean => {
      if (isAsked(message)) return true
      if (message.id === null || !mayBranch()) return false
      asked.set(message.key, ask(message.id))
      return true
    }
    return {
      regenerate: (message, model) => void branch(message, (messageId) => chat.regenerate(messageId, { model })),
      edit: (message, content) => branch(message, (messageId) => chat.edit(messageId, content)),
      selectVersion: (message, index) => {
        const version = message.siblings[index]
        if (version !== undefined) chat.selectBranch(version)
      },
      retry: (message) => {
        // What waited for the same conversation to be made failed with it.
        const failed = chat.getSnapshot().beginning === null ? [message] : chat.messages
        for (const { key } of failed) chat.sent(key)?.retry()
      },
      discard: (message) => {
        chat.sent(message.key)?.discard()
        if (chat.getSnapshot().beginning !== null && chat.messages.length === 0) startNew()
      },
      // The one that was cut off, whichever the next message asks: a route by its name.
      goOn: (answer) => {
        const { askedModel, model, stored } = answer
        if (isAsked(answer)) return
        const sent = chat.send(t("message.goOnText"), { model: askedModel ?? stored?.model ?? model ?? undefined })
        asked.set(answer.key, sent)
      }
    }
  }, [chat, mayBranch, startNew, t])

  // All that the composer and the bar are given stays the same while an answer is written: they are not rendered with it.
  const send = useCallback(
    async (message: ComposedMessage): Promise<boolean> => {
      try {
        const { content: said, ...options } = askOf(await withUploads(parley, id, message), isRoom, modelIds)
        chat.send(said, options)
        return true
      } catch (error) {
        report(error)
        return false
      }
    },
    [chat, id, isRoom, modelIds, parley, report]
  )
  const target = useTarget()
  const [found, setFound] = useState<FoundPlace>()
  useEffect(() => {
    if (target === undefined) return
    chat.show(target).then((isThere) => {
      if (isThere) setFound({ id: target })
      else notify(t("thread.messageGone"), { place: id })
    }, report)
    dropTarget()
  }, [chat, id, report, t, target])
  useEffect(() => {
    if (found === undefined) return
    const timer = setTimeout(() => setFound(undefined), foundMs)
    return () => clearTimeout(timer)
  }, [found])

  const stop = useCallback(() => void chat.cancel().catch(report), [chat, report])

  const present = useRef(state)
  present.current = state
  useEffect(() => {
    const onCommand = (event: Event) => {
      if (!(event instanceof CustomEvent)) return
      if (event.detail === "stop" && present.current.activeRun !== null) stop()
      const last = present.current.messages.findLast(({ role }) => role === "assistant")
      if (event.detail !== "copy-last" || last === undefined) return
      // By the keyboard nothing on the page says that it was done.
      void copyText(textOfParts(last.content)).then((isCopied) =>
        notify(t(isCopied ? "action.copied" : "action.copyFailed"), { isError: !isCopied })
      )
    }
    addEventListener(commandEvent, onCommand)
    return () => removeEventListener(commandEvent, onCommand)
  }, [stop, t])

  useEffect(() => () => tellEndOfLeft(chat), [chat])

  // What the server tells of it, the list shows: the title that the first message gave, say.
  useEffect(() => {
    if (conversation !== null) lists.put(conversation)
  }, [conversation, lists])
  // Where there is a keyboard; a finger brings up its own by touching the box.
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) composer.current?.focus()
  }, [id])
  useEffect(() => {
    document.title =
      conversation === null || conversation.title === "" ? t("app.name") : `${conversation.title} · ${t("app.name")}`
  }, [conversation, t])

  const ownLast = messages.findLast(
    ({ authorId, role }) => role === "user" && (authorId === null || authorId === me.principal.id)
  )?.key
  const edit = useCallback(
    (key: string | undefined) => {
      if (key === undefined || mayBranch()) setEditing(key)
    },
    [mayBranch]
  )
  const editLast = useMemo(() => (ownLast === undefined ? undefined : () => edit(ownLast)), [edit, ownLast])
  const shareable = lastWhole(messages)
  const model = conversation?.model ?? beginning?.model
  const tools = useMemo(() => {
    if (conversation === null && beginning === null) return null
    const choose = (next: string) => void answerWith(parley, chat, next).catch(report)
    return <ComposerTools conversationId={id} model={model} onModel={choose} />
  }, [beginning, chat, conversation, id, model, parley, report])
  const loadOlder = useCallback(() => void chat.loadOlder().catch(report), [chat, report])
  const loadNewer = useCallback(() => void chat.loadNewer().catch(report), [chat, report])
  const nameOf = (message: ChatMessage): string | null =>
    message.authorId === null || message.authorId === me.principal.id
      ? null
      : (names.get(message.authorId) ?? t("message.someone"))

  if (status === "gone" || status === "failed") return <NoConversation id={id} isGone={status === "gone"} error={state.error} />
  return (
    <>
      <Bar>
        <ConversationBar
          id={id}
          beginning={beginning}
          conversation={conversation}
          members={members}
          online={state.online}
          messageId={shareable}
        />
      </Bar>
      <div className="page" {...drop.props}>
        {drop.overlay}
        {status === "loading" && messages.length === 0 ? (
          <ThreadSkeleton />
        ) : (
          <Thread
            messages={messages}
            hasOlder={state.hasOlder}
            loadOlder={loadOlder}
            hasNewer={state.hasNewer}
            loadNewer={loadNewer}
            showNewest={chat.showNewest}
            found={found}
            render={(message, isLast) => (
              <MessageRow
                message={message}
                toolResults={toolResults(message)}
                isLast={isLast}
                authorName={nameOf(message)}
                isRoom={isRoom}
                actions={actions}
                editing={editing === message.key}
                onEdit={edit}
              />
            )}
          />
        )}
        <div className="page-foot">
          <TypingNote typing={state.typing} names={names} ownId={me.principal.id} />
          <Composer
            ref={composer}
            draftId={id}
            placeholder={t(isRoom ? "composer.placeholderRoom" : "composer.placeholder")}
            streaming={activeRun !== null}
            onStop={stop}
            onSend={send}
            onTyping={isRoom ? chat.setTyping : undefined}
            onEditLast={editLast}
            suggestions={suggestions}
            tools={tools}
          />
        </div>
      </div>
      <AnswerAnnouncer
        conversationId={id}
        last={state.hasNewer ? undefined : messages.at(-1)}
        title={conversation?.title ?? ""}
      />
    </>
  )
}
