import { Shuffle } from "lucide-react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { switchTexts } from "./switchTexts.ts"

/** An answer that another model went on with says so. */
export const Switches = ({ message }: { readonly message: ChatMessage }) =>
  switchTexts(useText(), message).map(({ reason, text }, index) => (
    <p key={index} className="message-note" data-kind="switch" title={reason}>
      <Shuffle aria-hidden />
      {text}
    </p>
  ))
