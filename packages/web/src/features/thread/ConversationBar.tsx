import { Menu } from "@base-ui/react/menu"
import { Braces, Ellipsis, FileDown, Share2, SlidersHorizontal, UserPlus, Users, type LucideIcon } from "lucide-react"
import { useApp } from "../../app/AppContext.ts"
import type { ChatState } from "../../client/sdk.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { MenuItem, MenuPopup } from "../../design/MenuPopup.tsx"
import { useText } from "../../i18n/useText.ts"

interface ConversationBarProps {
  readonly id: string
  readonly state: ChatState
}

/** Faces shown beside each other. */
const maxFaces = 3

export const ConversationBar = ({ id, state }: ConversationBarProps) => {
  const t = useText()
  const { open } = useApp()
  const { conversation, members, online } = state
  const title = conversation === null ? "" : conversation.title === "" ? t("thread.untitled") : conversation.title
  const isRoom = members.length > 1
  const messageId =
    state.messages.findLast(({ delivery, status }) => delivery === "accepted" && status !== "streaming")?.id ?? undefined
  const exportUrl = (format: "json" | "markdown", upTo: string | undefined) =>
    `/api/conversations/${id}/export?format=${format}${upTo === undefined ? "" : `&messageId=${upTo}`}`
  return (
    <>
      <div className="bar-title">
        <h1 dir="auto" title={title}>
          {title}
        </h1>
      </div>
      <div className="bar-end">
        {isRoom ? (
          <button
            type="button"
            className="faces"
            aria-label={t("people.button", { count: members.length })}
            onClick={() => open({ dialog: "people", conversationId: id })}
          >
            {members.slice(0, maxFaces).map(({ displayName, principalId }) => (
              <Avatar key={principalId} of="person" name={displayName} online={online.includes(principalId)} />
            ))}
            <Users aria-hidden />
            <span>{members.length}</span>
          </button>
        ) : (
          <IconButton label={t("people.invite")} side="bottom" onClick={() => open({ dialog: "people", conversationId: id })}>
            <UserPlus aria-hidden />
          </IconButton>
        )}
        <IconButton
          label={t("share.title")}
          side="bottom"
          onClick={() => open({ dialog: "share", conversationId: id, messageId })}
        >
          <Share2 aria-hidden />
        </IconButton>
        <Menu.Root>
          <Menu.Trigger className="icon-button" aria-label={t("thread.menu")}>
            <Ellipsis aria-hidden />
          </Menu.Trigger>
          <MenuPopup align="end">
            <MenuItem
              icon={SlidersHorizontal}
              label={t("parameters.title")}
              onSelect={() => open({ dialog: "parameters", conversationId: id })}
            />
            <ExportItem icon={FileDown} label={t("export.markdown")} href={exportUrl("markdown", messageId)} />
            <ExportItem icon={Braces} label={t("export.json")} href={exportUrl("json", undefined)} />
          </MenuPopup>
        </Menu.Root>
      </div>
    </>
  )
}

interface ExportItemProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly href: string
}

/** A link that the browser saves: the server names the file. */
const ExportItem = ({ href, icon: Icon, label }: ExportItemProps) => (
  <Menu.Item className="menu-item" render={<a href={href} download aria-label={label} />}>
    <Icon aria-hidden />
    {label}
  </Menu.Item>
)
