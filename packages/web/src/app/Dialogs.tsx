/** Each dialog is a part of its own, fetched when it is first opened; one that cannot be had is told, and closed. */
import { fetched } from "../design/fetched.tsx"
import { tellMissingPart } from "../design/tellMissingPart.ts"
import type { OpenDialog } from "./AppContext.ts"
import { Asked } from "./Asked.ts"

const FolderDialog = fetched(async () => (await import("../features/conversations/FolderDialog.tsx")).FolderDialog, Asked)
const SettingsDialog = fetched(async () => (await import("../features/settings/SettingsDialog.tsx")).SettingsDialog, Asked)
const ShortcutsDialog = fetched(async () => (await import("../features/shortcuts/ShortcutsDialog.tsx")).ShortcutsDialog, Asked)
const Palette = fetched(async () => (await import("../features/palette/Palette.tsx")).Palette, Asked)
const PeopleDialog = fetched(async () => (await import("../features/rooms/PeopleDialog.tsx")).PeopleDialog, Asked)
const ShareDialog = fetched(async () => (await import("../features/share/ShareDialog.tsx")).ShareDialog, Asked)
const ConversationParameters = fetched(
  async () => (await import("../features/models/ConversationParameters.tsx")).ConversationParameters,
  Asked
)

interface DialogsProps {
  readonly dialog: OpenDialog
  readonly onClose: () => void
}

export const Dialogs = ({ dialog, onClose }: DialogsProps) => {
  const closing = {
    onClose,
    onMissing: () => {
      tellMissingPart()
      onClose()
    }
  }
  switch (dialog.dialog) {
    case "new-folder":
      return <FolderDialog {...closing} conversationId={dialog.conversationId} />
    case "rename-folder":
      return <FolderDialog {...closing} folder={dialog.folder} />
    case "settings":
      return <SettingsDialog {...closing} />
    case "shortcuts":
      return <ShortcutsDialog {...closing} />
    case "palette":
      return <Palette {...closing} />
    case "people":
      return <PeopleDialog {...closing} conversationId={dialog.conversationId} />
    case "share":
      return <ShareDialog {...closing} conversationId={dialog.conversationId} messageId={dialog.messageId} />
    case "parameters":
      return <ConversationParameters {...closing} conversationId={dialog.conversationId} />
  }
}
