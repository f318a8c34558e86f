/** Where one writes. What is typed stays here, in the page: no keystroke waits for anything. */
import { ArrowUp, Paperclip, Square } from "lucide-react"
import {
  memo,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type Ref
} from "react"
import { flushSync } from "react-dom"
import { insertEvent } from "../../app/useShortcuts.ts"
import { onFrame } from "../../client/onFrame.ts"
import type { UserPart } from "../../client/sdk.ts"
import { IconButton } from "../../design/IconButton.tsx"
import { notify } from "../../design/notify.ts"
import { useText } from "../../i18n/useText.ts"
import { AttachmentStrip } from "./AttachmentStrip.tsx"
import { beginSending, isBeingSent, useSendsFiles } from "./beingSent.ts"
import { maxAttachments } from "./chooseFiles.ts"
import { typedBeside, withInterim } from "./dictation.ts"
import { SuggestionList } from "./SuggestionList.tsx"
import { useAttachments } from "./useAttachments.ts"
import { changeDraft, useDraft } from "./useDraft.ts"
import { useSuggestions, type SuggestionSource } from "./useSuggestions.ts"
import { VoiceButton } from "./VoiceButton.tsx"
import "./composer.css"

export interface ComposerHandle {
  readonly focus: () => void
  readonly insert: (text: string) => void
  readonly addFiles: (files: Iterable<File>) => void
}

/** Never without both. */
export interface ComposedMessage {
  readonly parts: ReadonlyArray<UserPart>
  /** To be uploaded first, for their parts. */
  readonly uploads: ReadonlyArray<File>
}

interface ComposerProps {
  readonly ref?: Ref<ComposerHandle>
  /** What the draft is kept under. */
  readonly draftId: string
  readonly placeholder: string
  /** An answer is being written: the button stops it. */
  readonly streaming: boolean
  readonly onStop: () => void
  /** False: it was not taken, and stays in the box. */
  readonly onSend: (message: ComposedMessage) => boolean | Promise<boolean>
  readonly onTyping?: ((typing: boolean) => void) | undefined
  readonly onEditLast?: (() => void) | undefined
  readonly suggestions: ReadonlyArray<SuggestionSource>
  /** Model, parameters: at the lower edge. */
  readonly tools: ReactNode
}

const growsByItself = CSS.supports("field-sizing", "content")

export const Composer = memo((props: ComposerProps) => {
  const { draftId, onEditLast, onSend, onStop, onTyping, placeholder, ref, streaming, suggestions, tools } = props
  const t = useText()
  const box = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const [text, setText] = useDraft(draftId)
  const attachments = useAttachments(draftId)
  const [dictated, setDictated] = useState("")
  const busy = useSendsFiles(draftId)
  const suggesting = useSuggestions(box, text, suggestions, (next, caret) => {
    // At once: a frame later it would be set back before what was typed meanwhile.
    flushSync(() => setText(next))
    box.current?.setSelectionRange(caret, caret)
  })

  useImperativeHandle(ref, () => ({
    focus: () => box.current?.focus(),
    insert: (inserted) => {
      setText(inserted)
      box.current?.focus()
    },
    addFiles: attachments.add
  }))

  // What is chosen elsewhere, a prompt in the palette say, goes after what stands there.
  useEffect(() => {
    const insert = (event: Event) => {
      if (!(event instanceof CustomEvent) || typeof event.detail !== "string") return
      const { detail } = event
      setText((before) => (before === "" ? detail : `${before}\n${detail}`))
      box.current?.focus()
    }
    addEventListener(insertEvent, insert)
    return () => removeEventListener(insertEvent, insert)
  }, [setText])

  useLayoutEffect(() => {
    const area = box.current
    if (growsByItself || area === null) return
    area.style.blockSize = "auto"
    area.style.blockSize = `${area.scrollHeight}px`
  }, [text])

  const isEmpty = text.trim() === "" && attachments.items.length === 0
  const send = async (): Promise<void> => {
    const said: ReadonlyArray<UserPart> = text.trim() === "" ? [] : [{ type: "text", text: text.trim() }]
    const message = { parts: [...attachments.parts(), ...said], uploads: attachments.uploads() }
    if (message.parts.length + message.uploads.length === 0 || attachments.busy || isBeingSent(draftId)) return
    // A message that was not taken gives its files back to those that were chosen meanwhile.
    const surplus = attachments.items.length - maxAttachments
    if (surplus > 0) {
      return notify(t("composer.removeSome", { limit: maxAttachments, count: surplus }), { isError: true, place: draftId })
    }
    const left = attachments.leave()
    const endSending = beginSending(draftId, message.uploads.length > 0 ? "files" : "text")
    const taken = await onSend(message)
    // In the frame in which it stands above.
    onFrame(() => {
      endSending()
      left(taken)
      if (!taken) return
      // What was added or written meanwhile stays, and this box may have been left for another one of the same draft.
      changeDraft(draftId, (before) => (before === text ? "" : before))
      onTyping?.(false)
      box.current?.focus()
    })
  }

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || suggesting.onKeyDown(event)) return
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault()
      void send()
    } else if (event.key === "ArrowUp" && text === "" && onEditLast !== undefined) {
      event.preventDefault()
      onEditLast()
    }
  }

  const sendButton = (
    <button
      type="submit"
      className="send"
      aria-label={t("composer.send")}
      title={t("composer.send")}
      disabled={isEmpty || attachments.busy || busy}
    >
      <ArrowUp aria-hidden />
    </button>
  )
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <SuggestionList of={suggesting} />
      <AttachmentStrip attachments={attachments} />
      <textarea
        ref={box}
        id="composer"
        rows={1}
        dir="auto"
        value={withInterim(text, dictated)}
        aria-label={t("composer.label")}
        placeholder={placeholder}
        enterKeyHint="send"
        {...suggesting.inputProps}
        onChange={(event) => {
          const typed = typedBeside(text, dictated, event.target.value)
          setText(typed)
          // With the text: told by its own event it would be another render.
          suggesting.onSelect()
          onTyping?.(typed !== "")
        }}
        onBlur={() => onTyping?.(false)}
        onKeyDown={onKeyDown}
        onSelect={suggesting.onSelect}
        onPaste={(event) => {
          if (event.clipboardData.files.length === 0) return
          event.preventDefault()
          attachments.add(event.clipboardData.files)
        }}
      />
      <div className="composer-tools">
        <IconButton label={t("composer.attach")} onClick={() => picker.current?.click()}>
          <Paperclip aria-hidden />
        </IconButton>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            if (event.target.files !== null) attachments.add(event.target.files)
            event.target.value = ""
          }}
        />
        {tools}
        <span className="composer-space" />
        {/* Beside the rest and not between it: the buttons that are there stay where a finger expects them. */}
        {streaming && !isEmpty ? sendButton : null}
        <VoiceButton
          onInterim={setDictated}
          onText={(said) => {
            setDictated("")
            setText((before) => (before === "" ? said : `${before} ${said}`))
          }}
        />
        {streaming ? (
          <button
            type="button"
            className="send"
            data-kind="stop"
            aria-label={t("composer.stop")}
            title={t("composer.stop")}
            onClick={onStop}
          >
            <Square aria-hidden />
          </button>
        ) : (
          sendButton
        )}
      </div>
    </form>
  )
})
