/** The snapshots are stable, so React's own hook is all it takes. */
import { createElement, useSyncExternalStore } from "react"
import { createClient, textOf } from "@parley/sdk"

const client = createClient({ url: "https://chat.example.com", apiKey: () => localStorage.getItem("parley-key") ?? "" })

export const Messages = ({ id }: { readonly id: string }) => {
  const chat = client.conversation(id)
  const { activeRun, messages } = useSyncExternalStore(chat.subscribe, chat.getSnapshot)
  return createElement(
    "main",
    null,
    messages.map(({ content, key, sendError }) =>
      createElement("p", { key }, sendError === null ? textOf(content) : `Not sent: ${sendError.message}`)
    ),
    activeRun === null ? null : createElement("button", { onClick: () => void chat.cancel() }, "Stop")
  )
}
