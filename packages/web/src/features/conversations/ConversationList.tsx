import { Archive, ArrowLeft, ChevronRight, Folder as FolderIcon } from "lucide-react"
import { useEffect, useLayoutEffect, useMemo, useState, type ReactNode } from "react"
import { useApp } from "../../app/AppContext.ts"
import type { ListPart, PartStatus } from "../../client/ListParts.ts"
import { allOf } from "../../client/ListState.ts"
import type { Folder, ListedConversation } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import { ConversationRow, UnreadMark } from "./ConversationRow.tsx"
import { FolderMenu } from "./FolderMenu.tsx"
import { groupByTime } from "./groupByTime.ts"
import { useHeld } from "./useHeld.ts"
import { isCalled } from "./useRowFocus.ts"

export const ConversationList = ({ activeId }: { readonly activeId: string | undefined }) => {
  const t = useText()
  const { isGuest, lists } = useApp()
  const { begun, folders, hasMore, items, leaving, parts, status } = useHeld(useSnapshot(lists.state), ".sidebar-scroll")
  const [inArchive, setInArchive] = useState(false)
  const shown = useMemo(
    () => allOf({ begun, items }).filter(({ id, isArchived }) => !leaving.has(id) && isArchived === inArchive),
    [begun, items, leaving, inArchive]
  )
  const pinned = shown.filter(({ isPinned }) => isPinned)
  const loose = shown.filter(({ folderId, isPinned }) => !isPinned && folderId === null)
  const groups = useMemo(() => groupByTime(loose, new Date()), [loose])

  const byTime = groups.map(({ items, title }) => <Group key={title} title={t(title)} items={items} activeId={activeId} />)
  if (status !== "ready") {
    return (
      <>
        {/* What waits on this device is there whatever the server says, or does not say. */}
        {byTime}
        {status === "loading" ? <Skeleton /> : <LoadFailed onRetry={() => void lists.refresh()} />}
      </>
    )
  }
  if (inArchive) {
    return (
      <>
        <button type="button" className="list-switch" onClick={() => setInArchive(false)}>
          <ArrowLeft aria-hidden className="flips" />
          {t("list.back")}
        </button>
        <Group title={t("list.archived")} items={shown} activeId={activeId} />
        <PartEnd part="archived" status={parts.get("archived")}>
          {shown.length === 0 ? <p className="list-empty">{t("list.archivedEmpty")}</p> : null}
        </PartEnd>
      </>
    )
  }
  return (
    <>
      <Group title={t("list.pinned")} items={pinned} activeId={activeId} />
      {folders.map((folder) => (
        <FolderGroup
          key={folder.id}
          folder={folder}
          items={shown.filter(({ folderId, isPinned }) => !isPinned && folderId === folder.id)}
          activeId={activeId}
          part={parts.get(folder.id)}
          hasMore={hasMore}
        />
      ))}
      {byTime}
      {shown.length === 0 && folders.length === 0 ? (
        <div className="list-empty">
          <p>{t("list.empty")}</p>
          {isGuest ? null : <p>{t("list.emptyHint")}</p>}
        </div>
      ) : null}
      {hasMore ? (
        <button type="button" className="list-switch" onClick={() => void lists.loadMore()}>
          {t("list.more")}
        </button>
      ) : null}
      <button
        type="button"
        className="list-switch"
        onClick={() => {
          setInArchive(true)
          void lists.openPart("archived")
        }}
      >
        <Archive aria-hidden />
        {t("list.archived")}
      </button>
    </>
  )
}

const LoadFailed = ({ onRetry }: { readonly onRetry: () => void }) => {
  const t = useText()
  return (
    <div className="list-empty">
      <p>{t("list.loadFailed")}</p>
      <button type="button" className="button" onClick={onRetry}>
        {t("action.retry")}
      </button>
    </div>
  )
}

interface PartEndProps {
  readonly part: ListPart
  readonly status: PartStatus | undefined
  readonly children: ReactNode
}

/** How a part of the list goes on after what is here of it; `children` where this is all. */
const PartEnd = ({ children, part, status }: PartEndProps) => {
  const t = useText()
  const { lists } = useApp()
  const more = () => void lists.morePart(part)
  if (status === "loading") return <Skeleton />
  // Where something of it is here, that stays in sight, and is no less for what could not be had.
  if (status === "failed" && children !== null) return <LoadFailed onRetry={more} />
  if (status !== "failed" && status !== "partial") return children
  return (
    <button type="button" className="list-switch" onClick={more}>
      {t("list.more")}
    </button>
  )
}

interface GroupProps {
  readonly title: string
  readonly items: ReadonlyArray<ListedConversation>
  readonly activeId: string | undefined
}

const Group = ({ activeId, items, title }: GroupProps) =>
  items.length === 0 ? null : (
    <section className="list-group">
      <h2>{title}</h2>
      <Rows items={items} activeId={activeId} />
    </section>
  )

const Rows = ({ activeId, items }: Omit<GroupProps, "title">) => {
  const { unread } = useApp()
  const unreadIds = useSnapshot(unread.ids)
  return (
    <ul>
      {items.map((conversation) => {
        const { id } = conversation
        const active = id === activeId
        return <ConversationRow key={id} conversation={conversation} active={active} unread={!active && unreadIds.has(id)} />
      })}
    </ul>
  )
}

/** Open over a search, which takes the list's place. */
const openFolders = new Set<string>()

interface FolderGroupProps extends Omit<GroupProps, "title"> {
  readonly folder: Folder
  /** How far it was read for itself. */
  readonly part: PartStatus | undefined
  /** Whether of the list as a whole something is not read yet. */
  readonly hasMore: boolean
}

const FolderGroup = ({ activeId, folder, hasMore, items, part }: FolderGroupProps) => {
  const t = useText()
  const { lists, unread } = useApp()
  const unreadIds = useSnapshot(unread.ids)
  const [open, setOpen] = useState(() => openFolders.has(folder.id) || items.some(({ id }) => id === activeId))
  useEffect(() => {
    if (open) void lists.openPart(folder.id)
  }, [folder.id, lists, open])
  useLayoutEffect(() => {
    if (!items.some(({ id }) => isCalled(id))) return
    openFolders.add(folder.id)
    setOpen(true)
  }, [folder.id, items])
  const isWhole = !hasMore || part === "whole"
  const toggle = () => {
    if (open) openFolders.delete(folder.id)
    else openFolders.add(folder.id)
    setOpen(!open)
  }
  return (
    <section className="list-group list-folder">
      <div className="list-row">
        <button type="button" className="list-link" aria-expanded={open} onClick={toggle}>
          {open ? <ChevronRight aria-hidden className="turned" /> : <FolderIcon aria-hidden />}
          <span className="list-title" dir="auto">
            {contained(folder.name)}
          </span>
          {!open && items.some(({ id }) => id !== activeId && unreadIds.has(id)) ? <UnreadMark /> : null}
          <span className="list-count">{items.length === 0 || !isWhole ? "" : items.length}</span>
        </button>
        <FolderMenu folder={folder} />
      </div>
      {open ? (
        <>
          {items.length === 0 ? null : <Rows items={items} activeId={activeId} />}
          <PartEnd part={folder.id} status={part}>
            {items.length === 0 ? <p className="list-none">{t("list.folderEmpty")}</p> : null}
          </PartEnd>
        </>
      ) : null}
    </section>
  )
}

const skeletonWidths = [72, 54, 80, 63, 70, 48, 76]

const Skeleton = () => (
  <div className="list-skeleton" aria-hidden>
    {skeletonWidths.map((width) => (
      <span key={width} className="skeleton" style={{ inlineSize: `${width}%` }} />
    ))}
  </div>
)
