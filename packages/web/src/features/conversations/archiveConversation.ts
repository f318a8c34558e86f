import type { ConversationLists } from "../../client/ConversationLists.ts"
import type { ListedConversation } from "../../client/sdk.ts"
import { notify } from "../../design/notify.ts"
import type { Text } from "../../i18n/useText.ts"
import { focusNextRow } from "./useRowFocus.ts"

/** Into the archive, with a way back once it is there; or out of it. */
export const archiveConversation = async (t: Text, lists: ConversationLists, conversation: ListedConversation): Promise<void> => {
  const { id, isArchived, title } = conversation
  const isDone = await lists.mark(id, { isArchived: !isArchived })
  if (isArchived || !isDone) return
  const undo = () => {
    focusNextRow(id)
    void lists.mark(id, { isArchived: false })
  }
  notify(t("list.archivedDone", { title: title === "" ? t("list.untitled") : title }), {
    action: { label: t("action.undo"), run: undo }
  })
}
