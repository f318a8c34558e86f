import type { Chat, Parley } from "../../client/sdk.ts"

/** Which model answers in a conversation from now on; of one that is not made yet, with which it is made. */
export const answerWith = async (parley: Parley, chat: Chat, model: string): Promise<void> => {
  const { beginning } = chat.getSnapshot()
  if (beginning === null) await parley.api.conversations.update({ id: chat.id, model })
  else chat.beginWith({ ...beginning, model })
}
