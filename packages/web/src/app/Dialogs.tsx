/** Each dialog is a part of its own, fetched when it is first opened. */
import { lazy, Suspense } from "react"
import type { OpenDialog } from "./AppContext.ts"

const FolderDialog = lazy(async () => ({ default: (await import("../features/conversations/FolderDialog.tsx")).FolderDialog }))
const SettingsDialog = lazy(async () => ({ default: (await import("../features/settings/SettingsDialog.tsx")).SettingsDialog }))
const ShortcutsDialog = lazy(async () => ({
  default: (await import("../features/shortcuts/ShortcutsDialog.tsx")).ShortcutsDialog
}))
const Palette = lazy(async () => ({ default: (await import("../features/palette/Palette.tsx")).Palette }))
const PeopleDialog = lazy(async () => ({ default: (await import("../features/rooms/PeopleDialog.tsx")).PeopleDialog }))
const ShareDialog = lazy(async () => ({ default: (await import("../features/share/ShareDialog.tsx")).ShareDialog }))
const ConversationParameters = lazy(async () => ({
  default: (await import("../features/models/ConversationParameters.tsx")).ConversationParameters
}))

interface DialogsProps {
  readonly dialog: OpenDialog
  readonly onClose: () => void
}

export const Dialogs = ({ dialog, onClose }: DialogsProps) => (
  <Suspense fallback={null}>
    <One dialog={dialog} onClose={onClose} />
  </Suspense>
)

const One = ({ dialog, onClose }: DialogsProps) => {
  switch (dialog.dialog) {
    case "new-folder":
      return <FolderDialog onClose={onClose} conversationId={dialog.conversationId} />
    case "rename-folder":
      return <FolderDialog onClose={onClose} folder={dialog.folder} />
    case "settings":
      return <SettingsDialog onClose={onClose} />
    case "shortcuts":
      return <ShortcutsDialog onClose={onClose} />
    case "palette":
      return <Palette onClose={onClose} />
    case "people":
      return <PeopleDialog onClose={onClose} conversationId={dialog.conversationId} />
    case "share":
      return <ShareDialog onClose={onClose} conversationId={dialog.conversationId} messageId={dialog.messageId} />
    case "parameters":
      return <ConversationParameters onClose={onClose} conversationId={dialog.conversationId} />
  }
}
