/** What is on the screen. Everything that a person or a model wrote goes in as text, never as markup. */

const find = (id) => document.getElementById(id)

/** So close to the end that the reader wants to see what comes, in pixels. */
const nearEndPx = 80

export const parts = {
  keyForm: find("key-form"),
  key: find("key"),
  remember: find("remember"),
  keyError: find("key-error"),
  chat: find("chat"),
  scroller: find("scroller"),
  messages: find("messages"),
  welcome: find("welcome"),
  composer: find("composer"),
  text: find("text"),
  send: find("send"),
  stop: find("stop"),
  model: find("model"),
  newChat: find("new-chat"),
  forget: find("forget"),
  state: find("state"),
  stateText: find("state-text"),
  error: find("error"),
  errorText: find("error-text"),
  dismiss: find("dismiss"),
  status: find("status")
}

/** By message id. */
const bubbles = new Map()

const element = (tag, className, text) => {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

export const showChat = (isOn) => {
  parts.chat.hidden = !isOn
  parts.keyForm.hidden = isOn
  parts.state.hidden = !isOn
  parts.forget.hidden = !isOn
  parts.newChat.hidden = !isOn
}

export const clearMessages = () => {
  bubbles.clear()
  parts.messages.replaceChildren()
  parts.welcome.hidden = false
}

/** Puts a message where it belongs: after what is there, or where it was. `shown` has role, text, reasoning, notices, note, isStreaming. */
export const showMessage = (id, shown) => {
  const wasNearEnd = isNearEnd()
  let bubble = bubbles.get(id)
  if (bubble === undefined) {
    bubble = makeBubble(shown.role)
    bubbles.set(id, bubble)
    parts.messages.append(bubble.root)
    parts.welcome.hidden = true
  }
  setText(bubble.text, shown.text)
  setText(bubble.reasoning, shown.reasoning ?? "")
  bubble.thinking.hidden = !shown.reasoning
  bubble.text.parentElement.hidden = shown.text === ""
  setText(bubble.notices, (shown.notices ?? []).join("\n"))
  bubble.notices.parentElement.hidden = (shown.notices ?? []).length === 0
  setText(bubble.note, shown.note ?? "")
  bubble.note.parentElement.hidden = !shown.note
  bubble.root.classList.toggle("failed", shown.isFailed === true)
  bubble.root.classList.toggle("streaming", shown.isStreaming === true)
  bubble.root.setAttribute("aria-busy", String(shown.isStreaming === true))
  bubble.dots.hidden = !(shown.isStreaming && shown.text === "")
  if (wasNearEnd) scrollToEnd()
}

export const removeMessage = (id) => {
  bubbles.get(id)?.root.remove()
  bubbles.delete(id)
}

/** Puts the bubbles in this order; what is in its place already is not touched. */
export const arrange = (ids) => {
  let next = parts.messages.firstElementChild
  for (const id of ids) {
    const root = bubbles.get(id)?.root
    if (root === undefined) continue
    if (root === next) next = next.nextElementSibling
    else parts.messages.insertBefore(root, next)
  }
}

export const shownIds = () => [...bubbles.keys()]

const makeBubble = (role) => {
  const root = element("li", `message ${role}`)
  root.append(element("span", "visually-hidden", role === "user" ? "You said:" : "The answer:"))
  const thinking = element("details", "thinking")
  const reasoning = textIn("div", "reasoning", thinking, element("summary", "", "Thinking"))
  const dots = element("span", "dots")
  dots.setAttribute("aria-hidden", "true")
  dots.append(element("i"), element("i"), element("i"))
  root.append(thinking, dots)
  const text = textIn("div", "text", root)
  const notices = textIn("div", "notices", root)
  const note = textIn("div", "note", root)
  return { root, thinking, dots, reasoning, text, notices, note }
}

/** A text node in an element of its own, which is hidden while it is empty. */
const textIn = (tag, className, parent, ...before) => {
  const holder = element(tag, className)
  const text = document.createTextNode("")
  holder.append(text)
  parent.append(...before, holder)
  return text
}

/** An answer mostly grows: then only what is new is added. */
const setText = (node, text) => {
  if (text === node.data) return
  if (text.length > node.length && text.startsWith(node.data)) node.appendData(text.slice(node.length))
  else node.data = text
}

const isNearEnd = () => {
  const { clientHeight, scrollHeight, scrollTop } = parts.scroller
  return scrollHeight - scrollTop - clientHeight < nearEndPx
}

export const scrollToEnd = () => {
  parts.scroller.scrollTop = parts.scroller.scrollHeight
}

/** For screen readers: the beginning and the end of an answer, not each word. */
export const announce = (text) => {
  parts.status.textContent = text
}

export const showState = (state, text) => {
  parts.state.dataset.state = state
  parts.stateText.textContent = text
}

export const showError = (text) => {
  parts.errorText.textContent = text
  parts.error.hidden = text === ""
}

export const showModels = (models, chosen) => {
  parts.model.replaceChildren(
    ...models.map((id) => {
      const option = element("option", "", id)
      option.value = id
      option.selected = id === chosen
      return option
    })
  )
  parts.model.disabled = models.length === 0
}

export const showAnswering = (isAnswering, canSend) => {
  parts.stop.hidden = !isAnswering
  parts.send.hidden = isAnswering
  parts.send.disabled = !canSend
}
