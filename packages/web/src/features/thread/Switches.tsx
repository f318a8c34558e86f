import { Shuffle } from "lucide-react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { modelName } from "../models/modelName.ts"

/** An answer that another model went on with says so. */
export const Switches = ({ run }: { readonly run: ChatMessage["run"] }) => {
  const t = useText()
  return run?.switches.map(({ from, reason, to }, index) => (
    <p key={index} className="message-note" data-kind="switch" title={reason}>
      <Shuffle aria-hidden />
      {from === to ? t("message.restarted") : t("message.switched", { from: modelName(from), to: modelName(to) })}
    </p>
  ))
}
