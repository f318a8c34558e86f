import type { ConversationLists } from "../../client/ConversationLists.ts"
import type { ListedConversation } from "../../client/sdk.ts"
import { notify } from "../../design/notify.ts"
import type { Text } from "../../i18n/useText.ts"

/** Into the archive, with a way back; or out of it. */
export const archiveConversation = (t: Text, lists: ConversationLists, conversation: ListedConversation): void => {
  const { id, isArchived, title } = conversation
  void lists.mark(id, { isArchived: !isArchived })
  if (isArchived) return
  const undo = () => void lists.mark(id, { isArchived: false })
  notify(t("list.archivedDone", { title: title === "" ? t("list.untitled") : title }), {
    action: { label: t("action.undo"), run: undo }
  })
}
