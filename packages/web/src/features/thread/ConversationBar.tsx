import { Braces, Ellipsis, FileDown, Share2, SlidersHorizontal, UserPlus, Users } from "lucide-react"
import { memo } from "react"
import { useApp } from "../../app/AppContext.ts"
import type { ChatState } from "../../client/sdk.ts"
import { Avatar } from "../../design/Avatar.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { MenuButton, MenuItem, MenuLink } from "../../design/popups.tsx"
import { contained } from "../../i18n/bidi.ts"
import { useText } from "../../i18n/useText.ts"
import { exportUrl } from "../share/exportUrl.ts"

interface ConversationBarProps extends Pick<ChatState, "beginning" | "conversation" | "members" | "online"> {
  readonly id: string
  /** The last message that is whole: up to it is shared and saved. */
  readonly messageId: string | undefined
}

/** Faces shown beside each other. */
const maxFaces = 3

export const ConversationBar = memo(({ beginning, conversation, id, members, messageId, online }: ConversationBarProps) => {
  const t = useText()
  const { isGuest, open } = useApp()
  const title =
    conversation === null ? (beginning?.title ?? "") : conversation.title === "" ? t("thread.untitled") : conversation.title
  const isRoom = members.length > 1
  return (
    <>
      <div className="bar-title">
        <h1 dir="auto" title={contained(title)}>
          {contained(title)}
        </h1>
      </div>
      {/* What is not made yet has nobody else in it, and nothing to give away. */}
      {beginning === null ? (
        <div className="bar-end">
          {isRoom ? (
            <button type="button" className="faces" onClick={() => open({ dialog: "people", conversationId: id })}>
              {members.slice(0, maxFaces).map(({ displayName, principalId }) => (
                <Avatar key={principalId} of="person" name={displayName} online={online.includes(principalId)} />
              ))}
              <Users aria-hidden />
              <span aria-hidden>{members.length}</span>
              <span className="visually-hidden">{t("people.button", { count: members.length })}</span>
            </button>
          ) : isGuest ? null : (
            <IconButton label={t("people.invite")} side="bottom" onClick={() => open({ dialog: "people", conversationId: id })}>
              <UserPlus aria-hidden />
            </IconButton>
          )}
          {isGuest ? null : (
            <IconButton
              label={t("share.title")}
              side="bottom"
              onClick={() => open({ dialog: "share", conversationId: id, messageId })}
            >
              <Share2 aria-hidden />
            </IconButton>
          )}
          <MenuButton
            align="end"
            button={
              <button className="icon-button" aria-label={t("thread.menu")}>
                <Ellipsis aria-hidden />
              </button>
            }
          >
            {isGuest ? null : (
              <MenuItem
                icon={SlidersHorizontal}
                label={t("parameters.title")}
                onSelect={() => open({ dialog: "parameters", conversationId: id })}
              />
            )}
            <MenuLink icon={FileDown} label={t("export.markdown")} href={exportUrl(id, "markdown", messageId)} />
            <MenuLink icon={Braces} label={t("export.json")} href={exportUrl(id, "json")} />
          </MenuButton>
        </div>
      ) : null}
    </>
  )
})
