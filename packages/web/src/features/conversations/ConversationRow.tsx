import { Archive, ArchiveRestore, Ellipsis, FolderInput, FolderPlus, Pencil, Pin, PinOff, Trash2, Users } from "lucide-react"
import { memo, useLayoutEffect, useRef, useState } from "react"
import { Link, useLocation } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { useIsThere } from "../../app/useIsThere.ts"
import { isMade } from "../../client/begunConversations.ts"
import { errorText } from "../../client/errorText.ts"
import type { ListedConversation } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { MenuButton, MenuItem, MenuSeparator, SubMenu } from "../../design/popups.tsx"
import { notify } from "../../design/notify.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import { archiveConversation } from "./archiveConversation.ts"
import { NameField, type NameFieldEnd } from "./NameField.tsx"
import { focusNextRow, useRowFocus } from "./useRowFocus.ts"

interface ConversationRowProps {
  readonly conversation: ListedConversation
  readonly active: boolean
  /** Something was said in it since it was looked at. */
  readonly unread: boolean
}

/** What stands in the field, and why it was not taken. */
interface Renaming {
  readonly name: string
  readonly fault?: string
  readonly takesFocus: boolean
}

export const ConversationRow = memo(({ active, conversation, unread }: ConversationRowProps) => {
  const t = useText()
  const { isGuest, lists, parley, report } = useApp()
  const [renaming, setRenaming] = useState<Renaming>()
  const row = useRef<HTMLLIElement>(null)
  useRowFocus(conversation.id, row)
  const isNaming = renaming !== undefined
  const endedBy = useRef<NameFieldEnd>("leaving")
  useLayoutEffect(() => {
    if (isNaming || endedBy.current === "leaving") return
    endedBy.current = "leaving"
    row.current?.querySelector("a")?.focus()
  }, [isNaming])
  const isThere = useIsThere()
  /** Counts the titles that were sent. */
  const lastSent = useRef(0)
  const title = conversation.title === "" ? t("list.untitled") : contained(conversation.title)
  const begin = () => setRenaming({ name: conversation.title, takesFocus: true })
  const rename = async (name: string | undefined, by: NameFieldEnd): Promise<void> => {
    endedBy.current = by
    setRenaming(undefined)
    if (name === undefined || name === conversation.title) return
    const sent = ++lastSent.current
    try {
      await lists.rename(conversation.id, name)
    } catch (error) {
      // Another title was sent after it: that one counts.
      if (sent !== lastSent.current) return
      // The field again, with what was typed. Whoever left it is somewhere else.
      if (isThere.current) setRenaming({ name, fault: errorText(t, error), takesFocus: by === "enter" })
      else report(error)
    }
  }
  if (renaming !== undefined) {
    return (
      <li className="list-row list-naming" ref={row}>
        <NameField
          label={t("list.titleLabel")}
          needed={t("list.titleNeeded")}
          value={renaming.name}
          fault={renaming.fault}
          takesFocus={renaming.takesFocus}
          onDone={(name, by) => void rename(name, by)}
        />
      </li>
    )
  }
  return (
    <li className="list-row" ref={row} data-active={active} data-unread={unread || undefined}>
      <Link
        className="list-link"
        href={`/c/${conversation.id}`}
        aria-current={active ? "page" : undefined}
        title={title}
        onDoubleClick={() => {
          if (!isGuest && isMade(parley, conversation.id)) begin()
        }}
      >
        <span className="list-title" dir="auto">
          {title}
        </span>
        {unread ? <UnreadMark /> : null}
        {conversation.memberCount > 1 ? (
          <span className="list-count" title={t("list.shared", { count: conversation.memberCount })}>
            <Users aria-hidden />
            <span className="visually-hidden">{t("list.shared", { count: conversation.memberCount })}</span>
          </span>
        ) : null}
      </Link>
      <RowMenu conversation={conversation} title={title} onRename={begin} />
    </li>
  )
})

export const UnreadMark = () => {
  const t = useText()
  return (
    <span className="list-unread" title={t("list.unread")}>
      <span className="visually-hidden">{t("list.unread")}</span>
    </span>
  )
}

interface RowMenuProps {
  readonly conversation: ListedConversation
  readonly title: string
  readonly onRename: () => void
}

const RowMenu = ({ conversation, onRename, title }: RowMenuProps) => {
  const t = useText()
  const { isGuest, lists, parley, startNew } = useApp()
  const { id, isArchived, isPinned, role } = conversation
  const [, navigate] = useLocation()
  // What only this device has can be given up; the rest is said to the server.
  const canChange = isMade(parley, id)
  const remove = () => {
    const { carryOut, undo } = lists.remove(id)
    const wasOpen = location.pathname === `/c/${id}`
    if (wasOpen) startNew()
    const takeBack = () => {
      focusNextRow(id)
      undo()
      // Whoever went on elsewhere is left there.
      if (wasOpen && location.pathname === "/") navigate(`/c/${id}`)
    }
    notify(t("list.deleted", { title }), { action: { label: t("action.undo"), run: takeBack }, onOver: carryOut })
  }
  const archive = () => void archiveConversation(t, lists, conversation)
  return (
    <MenuButton
      button={
        <button className="icon-button list-menu" data-size="small" aria-label={t("list.menu", { title })}>
          <Ellipsis aria-hidden />
        </button>
      }
    >
      {canChange ? (
        <>
          <MenuItem
            icon={isPinned ? PinOff : Pin}
            label={isPinned ? t("list.unpin") : t("list.pin")}
            onSelect={() => void lists.mark(id, { isPinned: !isPinned })}
          />
          {isGuest ? null : <MenuItem icon={Pencil} label={t("action.rename")} onSelect={onRename} />}
          <FolderChoice conversation={conversation} />
          <MenuItem
            icon={isArchived ? ArchiveRestore : Archive}
            label={isArchived ? t("list.unarchive") : t("list.archive")}
            onSelect={archive}
          />
        </>
      ) : null}
      {role === "owner" ? (
        <>
          {canChange ? <MenuSeparator /> : null}
          <MenuItem icon={Trash2} label={t("action.delete")} danger onSelect={remove} />
        </>
      ) : null}
    </MenuButton>
  )
}

const FolderChoice = ({ conversation }: { readonly conversation: ListedConversation }) => {
  const t = useText()
  const { lists, open } = useApp()
  const { folders } = useSnapshot(lists.state)
  const { folderId, id } = conversation
  return (
    <SubMenu
      label={
        <>
          <FolderInput aria-hidden />
          {t("list.moveTo")}
        </>
      }
    >
      {folders.map((folder) => (
        <MenuItem
          key={folder.id}
          icon={FolderInput}
          label={contained(folder.name)}
          disabled={folder.id === folderId}
          onSelect={() => void lists.mark(id, { folderId: folder.id })}
        />
      ))}
      {folderId === null ? null : (
        <MenuItem icon={ArchiveRestore} label={t("list.noFolder")} onSelect={() => void lists.mark(id, { folderId: null })} />
      )}
      <MenuItem
        icon={FolderPlus}
        label={t("list.newFolder")}
        onSelect={() => open({ dialog: "new-folder", conversationId: id })}
      />
    </SubMenu>
  )
}
