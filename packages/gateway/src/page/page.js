/** The chat page: who is here, the connection, and what a person does. */
import { Connection } from "./connection.js"
import { Room } from "./room.js"
import * as storage from "./storage.js"
import * as view from "./view.js"

/** How often a send is tried again when the server says so, and how long to wait when it does not say. */
const maxTries = 5
const tryAgainMs = 1_000

const notAccepted = "This key is not accepted."

const { parts } = view

let key = null
let connection = null
let room = null

// ---- who is here

/** In place of a key: who comes by a sign-in link has a session, in a cookie that no script reads. */
const session = ""

const start = async () => {
  const { conversationId, key: given, token } = storage.takeAddress()
  if (given !== null) storage.keepKey(given, false)
  if (token !== null) storage.forgetKey()
  key = storage.loadKey() ?? ((await hasSession(token)) ? session : null)
  if (key === null) askForKey(token === null ? "" : "This link was used, or has expired.")
  else enter(conversationId)
}

/** With a link's token: a new one, unless the link is no longer good and there is one already. */
const hasSession = async (token) => {
  try {
    if (token !== null && (await call("/api/session", { token })).ok) return true
    return (await call("/api/session")).ok
  } catch {
    return false
  }
}

const askForKey = (why) => {
  connection?.stop()
  connection = null
  view.showChat(false)
  parts.keyError.textContent = why
  parts.key.setAttribute("aria-invalid", String(why !== ""))
  parts.key.focus()
}

const enter = (conversationId) => {
  view.showChat(true)
  view.showError("")
  room = new Room(conversationId, line)
  connection = new Connection(key, { state: showState, open: join, frame: receive, suspect: loadModels })
  refreshButtons()
  parts.text.focus()
  loadModels()
}

const call = (path, body) =>
  fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

/** It also tells whether the key is good, which a browser does not say of a refused socket. */
const loadModels = async () => {
  try {
    const answer = await call("/v1/models")
    if (answer.status === 401 || answer.status === 403) return askForKey(notAccepted)
    if (!answer.ok) return
    const { data } = await answer.json()
    const ids = data.map(({ id }) => id)
    view.showModels(ids, parts.model.value || storage.loadModel())
  } catch {
    // The connection's own state says that there is none; the conversation's model is used.
  }
}

// ---- the connection

const line = {
  /** Null when the connection is lost first: after the next one everything is asked again. */
  ask: (frame) => (connection === null ? Promise.resolve(null) : connection.ask(frame).catch(() => null)),
  tell: (frame) => connection?.tell(frame),
  changed: () => refreshButtons()
}

const join = async () => {
  view.showError("")
  const joined = room
  const error = await joined.join()
  if (joined !== room) return
  if (error === null) {
    if (room.id !== null && room.pending !== null) deliver()
    return
  }
  if (error.code === "not_found") newChat()
  view.showError(error.code === "not_found" ? "That conversation does not exist." : error.message)
}

const receive = (frame, length) => {
  if (frame.type === "error") view.showError(frame.message)
  else if (frame.type === "room-gone") forget(frame.conversationId)
  else room.receive(frame, length)
}

/** What was being written stays, for a new chat. */
const forget = (conversationId) => {
  if (conversationId !== room.id) return
  if (room.pending !== null && parts.text.value === "") parts.text.value = room.pending.text
  newChat()
  view.showError("This conversation is gone.")
}

const states = {
  connecting: () => "Connecting…",
  open: () => "Connected",
  waiting: (seconds) => `Offline. Trying again in ${seconds} s`,
  refused: () => "Disconnected"
}

const showState = (state, detail, code) => {
  view.showState(state, states[state](detail))
  refreshButtons()
  if (state !== "refused") return
  if (code === 4501) askForKey("This key is no longer accepted.")
  else view.showError(detail)
}

const refreshButtons = () =>
  view.showAnswering(room?.activeAnswer !== undefined, connection?.isOpen === true && room?.pending === null)

// ---- what a person does

const randomId = () => {
  let id = ""
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += byte.toString(16).padStart(2, "0")
  return id
}

const send = async () => {
  const text = parts.text.value.trim()
  if (text === "" || connection?.isOpen !== true || room.pending !== null || room.activeAnswer !== undefined) return
  view.showError("")
  room.pending = { conversationId: room.id, clientMessageId: randomId(), text, model: parts.model.value || undefined }
  parts.text.value = ""
  fitText()
  room.show()
  view.scrollToEnd()
  if (room.id === null && !(await makeConversation(room.pending))) giveBack("The conversation could not be made.")
  else await deliver()
}

const makeConversation = async (pending) => {
  try {
    const answer = await call("/api/conversations", pending.model === undefined ? {} : { model: pending.model })
    if (!answer.ok) return false
    const { id } = await answer.json()
    room.id = id
    pending.conversationId = id
    storage.showAddress(id)
    return (await room.join()) === null
  } catch {
    return false
  }
}

/** Until it is accepted; always under the same id, so it is never asked twice. After a lost connection `join` does it again. */
const deliver = async () => {
  const sending = room.pending
  if (sending === null) return
  storage.keepPending(sending)
  for (let tries = 1; room.pending === sending; tries++) {
    const answer = await line.ask({
      type: "send",
      conversationId: sending.conversationId,
      clientMessageId: sending.clientMessageId,
      content: [{ type: "text", text: sending.text }],
      ...(sending.model === undefined ? {} : { model: sending.model })
    })
    if (answer === null || room.pending !== sending) return
    if (answer.type === "accepted") return room.accepted(answer)
    if (answer.retry === "never" || tries === maxTries) return giveBack(answer.message)
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfterMs ?? tryAgainMs))
  }
}

const giveBack = (why) => {
  const text = room.pending?.text ?? ""
  room.pending = null
  storage.keepPending(null)
  if (parts.text.value === "") parts.text.value = text
  fitText()
  view.showError(why)
  room.show()
}

const stop = async () => {
  const answer = room.activeAnswer
  if (answer === undefined) return
  parts.stop.disabled = true
  const reply = await line.ask({ type: "cancel", conversationId: room.id, runId: answer.runId })
  parts.stop.disabled = false
  if (reply?.type === "error") view.showError(reply.message)
}

const newChat = () => {
  room.leave()
  storage.showAddress(null)
  room = new Room(null, line)
  view.showError("")
  refreshButtons()
  parts.text.focus()
}

/** As high as what is written, up to the limit in the style sheet. */
const fitText = () => {
  parts.text.style.height = "auto"
  parts.text.style.height = `${parts.text.scrollHeight}px`
}

parts.keyForm.addEventListener("submit", (event) => {
  event.preventDefault()
  const typed = parts.key.value.trim()
  if (typed === "") return
  parts.key.value = ""
  storage.keepKey(typed, parts.remember.checked)
  start()
})
parts.composer.addEventListener("submit", (event) => {
  event.preventDefault()
  send()
})
parts.text.addEventListener("input", fitText)
parts.text.addEventListener("keydown", (event) => {
  // On a phone the key is for a new line; while an input method composes, it is the method's.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return
  event.preventDefault()
  send()
})
parts.stop.addEventListener("click", stop)
parts.newChat.addEventListener("click", newChat)
parts.dismiss.addEventListener("click", () => view.showError(""))
parts.model.addEventListener("change", () => storage.keepModel(parts.model.value))
parts.forget.addEventListener("click", () => {
  storage.forgetKey()
  askForKey("")
})
addEventListener("pagehide", () => room?.keep())
addEventListener("hashchange", () => {
  connection?.stop()
  start()
})

start()
