import { Shuffle } from "lucide-react"
import type { ChatMessage } from "../../client/sdk.ts"
import type { TextName } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"
import { modelName } from "../models/modelName.ts"

/** An answer that another model went on with says so: how, while it was followed here; later, that it did. */
export const Switches = ({ message: { askedModel, model, run } }: { readonly message: ChatMessage }) => {
  const t = useText()
  const followed = run?.switches ?? []
  const names = (from: string, to: string) => ({ from: modelName(from), to: modelName(to) })
  if (followed.length === 0) {
    if (askedModel === null || model === null) return null
    return <Switch>{t("message.instead", names(askedModel, model))}</Switch>
  }
  return followed.map(({ from, reason, to }, index) => (
    <Switch key={index} title={reason}>
      {from === to ? t("message.restarted") : t(textsOfReasons.get(reason) ?? "message.switched", names(from, to))}
    </Switch>
  ))
}

/** Nobody failed at the answer itself: a route hedged, and the second was there first; or who comes first was not to be asked. */
const textsOfReasons: ReadonlyMap<string, TextName> = new Map([
  ["slow", "message.faster"],
  ["passed_over", "message.passedOver"]
])

const Switch = ({ children, title }: { readonly children: string; readonly title?: string }) => (
  <p className="message-note" data-kind="switch" title={title}>
    <Shuffle aria-hidden />
    {children}
  </p>
)
