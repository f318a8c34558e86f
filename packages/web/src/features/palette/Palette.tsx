import { Dialog } from "@base-ui/react/dialog"
import { Command, defaultFilter, useCommandState } from "cmdk"
import {
  Archive,
  ArchiveRestore,
  BookText,
  Bot,
  Braces,
  Copy,
  FileDown,
  Keyboard,
  LogOut,
  MessageSquare,
  Moon,
  Settings,
  Share2,
  SlidersHorizontal,
  Square,
  SquarePen,
  Sun,
  Users
} from "lucide-react"
import { useRef } from "react"
import { useLocation, useRoute } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { insertEvent, tell } from "../../app/useShortcuts.ts"
import { allOf } from "../../client/ListState.ts"
import { usePrompts } from "../../client/prompts.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { Keys } from "../../design/Keys.tsx"
import { theme } from "../../design/theme.ts"
import { useBack } from "../../design/useBack.ts"
import { useHeldKeys } from "../../design/useHeldKeys.ts"
import { useIsDark } from "../../design/useIsDark.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import { archiveConversation } from "../conversations/archiveConversation.ts"
import { answerWith } from "../models/answerWith.ts"
import { modelName, providerName } from "../models/modelName.ts"
import { chooseModel, useModels } from "../models/useModels.ts"
import { exportUrl } from "../share/exportUrl.ts"
import { lastWhole } from "../thread/lastWhole.ts"
import "./palette.css"

/** Conversations offered at once. */
const maxConversations = 50

/** By what is shown of them: what is called alike is told apart by its id, in which nobody looks for anything. */
const shownOnly: typeof defaultFilter = (value, search, keywords = []) =>
  defaultFilter(keywords.length === 0 ? value : keywords.join(" "), search)

/** Closes the palette, and then does it. */
type Doing = (run: () => void) => () => void

export const Palette = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText()
  const { isGuest, lists, open, signOut, startNew } = useApp()
  const state = useSnapshot(lists.state)
  const items = allOf(state)
  const { leaving } = state
  const [, navigate] = useLocation()
  const dark = useIsDark()
  const [isConversation, route] = useRoute("/c/:id")
  const activeId = isConversation ? route.id : undefined
  const popup = useRef<HTMLDivElement>(null)
  useBack(true, onClose)
  useHeldKeys(onClose, popup)
  const doing: Doing = (run) => () => {
    onClose()
    run()
  }
  return (
    <Dialog.Root defaultOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup ref={popup} className="dialog palette" aria-label={t("palette.label")}>
          <Command label={t("palette.label")} loop filter={shownOnly}>
            <Command.Input placeholder={t("palette.placeholder")} />
            <Command.List label={t("palette.label")}>
              <Command.Group heading={t("palette.commands")}>
                {isGuest ? null : (
                  <Command.Item className="menu-item" onSelect={doing(startNew)}>
                    <SquarePen aria-hidden />
                    {t("list.new")}
                    <Keys of="Mod+Shift+O" />
                  </Command.Item>
                )}
                <Command.Item className="menu-item" onSelect={doing(() => theme.choose(dark ? "light" : "dark"))}>
                  {dark ? <Sun aria-hidden /> : <Moon aria-hidden />}
                  {t("settings.theme")}: {t(dark ? "settings.theme.light" : "settings.theme.dark")}
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "settings" }))}>
                  <Settings aria-hidden />
                  {t("settings.title")}
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "shortcuts" }))}>
                  <Keyboard aria-hidden />
                  {t("shortcuts.title")}
                  <Keys of="?" />
                </Command.Item>
                <Command.Item className="menu-item" onSelect={doing(signOut)}>
                  <LogOut aria-hidden />
                  {t("signIn.out")}
                </Command.Item>
              </Command.Group>
              {activeId === undefined ? null : <OfConversation id={activeId} doing={doing} />}
              <Command.Group heading={t("palette.conversations")}>
                {items
                  .filter(({ id }) => !leaving.has(id))
                  .slice(0, maxConversations)
                  .map(({ id, title }) => (
                    <Command.Item
                      key={id}
                      value={id}
                      keywords={[title === "" ? t("list.untitled") : title]}
                      className="menu-item"
                      onSelect={doing(() => navigate(`/c/${id}`))}
                    >
                      <MessageSquare aria-hidden />
                      <span className="list-title" dir="auto">
                        {title === "" ? t("list.untitled") : contained(title)}
                      </span>
                    </Command.Item>
                  ))}
              </Command.Group>
              {isGuest ? null : <Models activeId={activeId} doing={doing} />}
              <Prompts doing={doing} />
            </Command.List>
            <NothingFound />
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface OfConversationProps {
  readonly id: string
  readonly doing: Doing
}

/** What can be done with the conversation that is shown. One that is not made yet has nothing to give away. */
const OfConversation = ({ doing, id }: OfConversationProps) => {
  const t = useText()
  const { isGuest, lists, open, parley } = useApp()
  const { activeRun, conversation, messages } = useSnapshot(parley.conversation(id))
  const listed = useSnapshot(lists.state).items.find((item) => item.id === id)
  const messageId = lastWhole(messages)
  const save = (url: string) => {
    const link = document.createElement("a")
    link.href = url
    // The server names the file.
    link.download = ""
    link.click()
  }
  return (
    <Command.Group heading={t("palette.conversation")}>
      {activeRun === null ? null : (
        <Command.Item className="menu-item" onSelect={doing(() => tell("stop"))}>
          <Square aria-hidden />
          {t("shortcuts.stop")}
          <Keys of="Escape" />
        </Command.Item>
      )}
      {messages.some(({ role }) => role === "assistant") ? (
        <Command.Item className="menu-item" onSelect={doing(() => tell("copy-last"))}>
          <Copy aria-hidden />
          {t("shortcuts.copyLast")}
          <Keys of="Mod+Shift+C" />
        </Command.Item>
      ) : null}
      {isGuest ? null : (
        <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "parameters", conversationId: id }))}>
          <SlidersHorizontal aria-hidden />
          {t("parameters.title")}
        </Command.Item>
      )}
      {conversation === null ? null : (
        <>
          <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "people", conversationId: id }))}>
            <Users aria-hidden />
            {t("people.title")}
          </Command.Item>
          {isGuest ? null : (
            <Command.Item className="menu-item" onSelect={doing(() => open({ dialog: "share", conversationId: id, messageId }))}>
              <Share2 aria-hidden />
              {t("share.title")}
            </Command.Item>
          )}
          <Command.Item className="menu-item" onSelect={doing(() => save(exportUrl(id, "markdown", messageId)))}>
            <FileDown aria-hidden />
            {t("export.markdown")}
          </Command.Item>
          <Command.Item className="menu-item" onSelect={doing(() => save(exportUrl(id, "json")))}>
            <Braces aria-hidden />
            {t("export.json")}
          </Command.Item>
        </>
      )}
      {listed === undefined ? null : (
        <Command.Item className="menu-item" onSelect={doing(() => void archiveConversation(t, lists, listed))}>
          {listed.isArchived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
          {t(listed.isArchived ? "list.unarchive" : "list.archive")}
        </Command.Item>
      )}
    </Command.Group>
  )
}

/** Of the conversation that is shown, or of the next one. */
const Models = ({ activeId, doing }: { readonly activeId: string | undefined; readonly doing: Doing }) => {
  const t = useText()
  const { parley, report } = useApp()
  const models = useModels()
  const choose = (model: string) => {
    if (activeId === undefined) chooseModel(model)
    else answerWith(parley, parley.conversation(activeId), model).catch(report)
  }
  return models.length === 0 ? null : (
    <Command.Group heading={t("palette.models")}>
      {models.map(({ id }) => (
        <Command.Item key={id} value={`model ${id}`} className="menu-item" onSelect={doing(() => choose(id))}>
          <Bot aria-hidden />
          {modelName(id)}
          <span className="menu-note">{providerName(id)}</span>
        </Command.Item>
      ))}
    </Command.Group>
  )
}

/** Written into the message box. */
const Prompts = ({ doing }: { readonly doing: Doing }) => {
  const t = useText()
  const prompts = usePrompts().filter(({ kind }) => kind === "prompt")
  const insert = (text: string) => dispatchEvent(new CustomEvent(insertEvent, { detail: text }))
  return prompts.length === 0 ? null : (
    <Command.Group heading={t("palette.prompts")}>
      {prompts.map(({ id, name, text }) => (
        <Command.Item key={id} value={id} keywords={[name]} className="menu-item" onSelect={doing(() => insert(text))}>
          <BookText aria-hidden />
          <span className="list-title" dir="auto">
            {contained(name)}
          </span>
        </Command.Item>
      ))}
    </Command.Group>
  )
}

/** Beside the list, which may hold options only; and told, as the focus stays in the field. */
const NothingFound = () => {
  const t = useText()
  const found = useCommandState(({ filtered }) => filtered.count)
  return (
    <div role="status" className="palette-none">
      {found === 0 ? t("palette.none") : null}
    </div>
  )
}
