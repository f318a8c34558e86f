import { Archive, ArrowLeft, ChevronRight, Folder as FolderIcon } from "lucide-react"
import { useMemo, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { allOf } from "../../client/ListState.ts"
import type { Folder, ListedConversation } from "../../client/sdk.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { useText } from "../../i18n/useText.ts"
import { ConversationRow } from "./ConversationRow.tsx"
import { FolderMenu } from "./FolderMenu.tsx"
import { groupByTime } from "./groupByTime.ts"

export const ConversationList = ({ activeId }: { readonly activeId: string | undefined }) => {
  const t = useText()
  const { lists } = useApp()
  const { begun, folders, hasMore, items, leaving, status } = useSnapshot(lists.state)
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
        {status === "loading" ? <Skeleton /> : <LoadFailed />}
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
        {shown.length === 0 ? <p className="list-empty">{t("list.archivedEmpty")}</p> : null}
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
        />
      ))}
      {byTime}
      {shown.length === 0 && folders.length === 0 ? (
        <div className="list-empty">
          <p>{t("list.empty")}</p>
          <p>{t("list.emptyHint")}</p>
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
          void lists.loadArchive()
        }}
      >
        <Archive aria-hidden />
        {t("list.archived")}
      </button>
    </>
  )
}

const LoadFailed = () => {
  const t = useText()
  const { lists } = useApp()
  return (
    <div className="list-empty">
      <p>{t("list.loadFailed")}</p>
      <button type="button" className="button" onClick={() => void lists.refresh()}>
        {t("action.retry")}
      </button>
    </div>
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

const Rows = ({ activeId, items }: Omit<GroupProps, "title">) => (
  <ul>
    {items.map((conversation) => (
      <ConversationRow key={conversation.id} conversation={conversation} active={conversation.id === activeId} />
    ))}
  </ul>
)

/** Open over a search, which takes the list's place. */
const openFolders = new Set<string>()

const FolderGroup = ({ activeId, folder, items }: Omit<GroupProps, "title"> & { readonly folder: Folder }) => {
  const t = useText()
  const [open, setOpen] = useState(() => openFolders.has(folder.id) || items.some(({ id }) => id === activeId))
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
            {folder.name}
          </span>
          <span className="list-count">{items.length === 0 ? "" : items.length}</span>
        </button>
        <FolderMenu folder={folder} />
      </div>
      {open ? (
        items.length === 0 ? (
          <p className="list-none">{t("list.folderEmpty")}</p>
        ) : (
          <Rows items={items} activeId={activeId} />
        )
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
