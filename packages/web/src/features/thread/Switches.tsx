import { Shuffle } from "lucide-react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { modelName } from "../models/modelName.ts"

/** An answer that another model went on with says so: how, while it was followed here; later, that it did. */
export const Switches = ({ message: { askedModel, model, run } }: { readonly message: ChatMessage }) => {
  const t = useText()
  const followed = run?.switches ?? []
  const told =
    followed.length === 0 && askedModel !== null && model !== null
      ? [{ from: askedModel, to: model, reason: undefined }]
      : followed
  return told.map(({ from, reason, to }, index) => (
    <p key={index} className="message-note" data-kind="switch" title={reason}>
      <Shuffle aria-hidden />
      {from === to
        ? t("message.restarted")
        : t(reason === "passed_over" ? "message.passedOver" : "message.switched", { from: modelName(from), to: modelName(to) })}
    </p>
  ))
}
