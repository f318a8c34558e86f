import { Menu } from "@base-ui/react/menu"
import { Ellipsis, SlidersHorizontal, UserPlus, Users } from "lucide-react"
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
          </MenuPopup>
        </Menu.Root>
      </div>
    </>
  )
}
