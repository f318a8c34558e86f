import { ownerRestarted } from "@parley/domain/ownerRestarted"
import type { ChatMessage } from "../../client/sdk.ts"
import type { Text, TextName } from "../../i18n/texts.ts"
import { modelName } from "../models/modelName.ts"

interface SwitchText {
  readonly text: string
  /** The server's own word for it, as long as it is known. */
  readonly reason?: string
}

/** What is said of an answer that another model went on with, or the same one once more: how, while it was followed here; later, that it did. */
export const switchTexts = (
  t: Text,
  { askedModel, model, run }: Pick<ChatMessage, "askedModel" | "model" | "run">
): ReadonlyArray<SwitchText> => {
  const followed = run?.switches ?? []
  const names = (from: string, to: string) => ({ from: modelName(from), to: modelName(to) })
  if (followed.length === 0) {
    return askedModel === null || model === null ? [] : [{ text: t("message.instead", names(askedModel, model)) }]
  }
  return followed.map(({ from, reason, to }) => ({
    reason,
    text: t(textsOfReasons.get(reason) ?? (from === to ? "message.brokeOff" : "message.switched"), names(from, to))
  }))
}

/** No model failed at the answer itself: a route hedged, and the second was there first; who comes first was not to be asked; the server was lost. */
const textsOfReasons: ReadonlyMap<string, TextName> = new Map([
  ["slow", "message.faster"],
  ["passed_over", "message.passedOver"],
  [ownerRestarted, "message.restarted"]
])
