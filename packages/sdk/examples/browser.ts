/** Signed in by the session's cookie; what is written offline waits and goes out once. */
import { createClient, textOf } from "@parley/sdk"

const client = createClient()
const chat = client.begin({ title: "Tea" })
const list = document.createElement("ol")
document.body.append(list)

chat.subscribe(() => {
  const items = chat.messages.map(({ content, delivery, role }) => {
    const item = document.createElement("li")
    item.textContent = `${role}: ${textOf(content)}${delivery === "pending" ? " …" : ""}`
    return item
  })
  list.replaceChildren(...items)
})

chat.send("How long should green tea brew?")
