/** The chat page: joins what is kept, the connection and the screen. */
import { applyFrame, cursorOf, emptyAnswer } from "./answer.js"
import { Connection } from "./connection.js"
import * as storage from "./storage.js"
import * as view from "./view.js"

/** Acknowledge at least this often, and at least after so much, while events arrive. */
const ackEveryMs = 1_000
const ackEveryBytes = 8_192
/** How often an unfinished answer is kept for a reload. */
const keepEveryMs = 250
/** How often a send is tried again when the server says so, and how long to wait when it does not say. */
const maxTries = 5
const tryAgainMs = 1_000

const { parts } = view

let key = null
let connection = null
let conversationId = null
let roomSeq = null
/** By id, in the order of the room. */
let messages = new Map()
/** By run id: unfinished ones, and the last finished. */
let answers = new Map()
let pending = null
const unacknowledged = new Map()
let keepTimer = 0

// ---- start

const start = () => {
  const address = storage.takeAddress()
  conversationId = address.conversationId
  if (address.key !== null) storage.keepKey(address.key, false)
  key = storage.loadKey()
  if (key === null) askForKey("")
  else enter()
}

const askForKey = (why) => {
  connection?.stop()
  connection = null
  view.showChat(false)
  parts.keyError.textContent = why
  parts.key.setAttribute("aria-invalid", String(why !== ""))
  parts.key.focus()
}

const enter = async () => {
  view.showChat(true)
  view.showError("")
  resetRoom()
  connection = new Connection(key, {
    state: showState,
    open: joinRoom,
    frame: receive,
    suspect: checkKey
  })
  refreshButtons()
  parts.text.focus()
  await loadModels()
}

/** Whether the key is still good, which a browser does not say of a refused socket. */
const checkKey = async () => {
  const answer = await call("/v1/models").catch(() => null)
  if (answer !== null && (answer.status === 401 || answer.status === 403)) askForKey("This key is not accepted.")
}

const call = (path, body) =>
  fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

const loadModels = async () => {
  try {
    const answer = await call("/v1/models")
    if (answer.status === 401 || answer.status === 403) return askForKey("This key is not accepted.")
    if (!answer.ok) return
    const { data } = await answer.json()
    view.showModels(
      data.map(({ id }) => id),
      storage.loadModel()
    )
  } catch {
    // The connection's own state says that there is none; the conversation's model is used.
  }
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
  if (code === 4501) return askForKey("This key is no longer accepted.")
  view.showError(code === 4502 ? "This conversation is gone." : detail)
}

// ---- the room

const resetRoom = () => {
  roomSeq = null
  messages = new Map()
  answers = new Map()
  pending = conversationId === null ? null : storage.loadPending(conversationId)
  view.clearMessages()
}

/** After each connect: what was missed of the room, then what was missed of each unfinished run. */
const joinRoom = async () => {
  view.showError("")
  if (conversationId === null) return
  const id = conversationId
  const answer = await tryAsk({ type: "follow", conversationId: id, ...(roomSeq === null ? {} : { afterSeq: roomSeq }) })
  if (answer === null || id !== conversationId) return
  if (answer.type === "error") {
    if (answer.code === "not_found") newChat()
    return view.showError(answer.code === "not_found" ? "That conversation does not exist." : answer.message)
  }
  for (const held of answers.values()) if (held.terminal === null) subscribe(held)
  if (pending !== null) deliver()
}

/** Null when the connection is lost first: after the next one everything is asked again. */
const tryAsk = (frame) => connection.ask(frame).catch(() => null)

const subscribe = (answer) =>
  tryAsk({ type: "subscribe", conversationId, runId: answer.runId, ...cursorOf(answer) }).then((reply) => {
    if (reply?.type === "error") view.showError(reply.message)
  })

const receive = (frame, length) => {
  if (frame.type === "error") return view.showError(frame.message)
  if (frame.conversationId !== conversationId) return
  switch (frame.type) {
    case "room-snapshot":
      return showRoom(frame)
    case "room":
      // A number that was seen before is a replay.
      if (roomSeq !== null && frame.seq <= roomSeq) return
      roomSeq = frame.seq
      return roomEvent(frame.event)
    case "delta":
    case "snapshot":
    case "closed":
    case "gone":
      return runFrame(frame, length)
  }
}

const showRoom = (frame) => {
  roomSeq = frame.seq
  messages = new Map(frame.messages.map((message) => [message.id, message]))
  const run = frame.activeRun
  if (run !== null && !answers.has(run.runId)) {
    const kept = storage.loadAnswer(conversationId)
    answers.set(run.runId, kept?.runId === run.runId ? kept : emptyAnswer(run.runId, run.messageId))
  }
  for (const [runId, held] of answers) if (held.terminal === null && runId !== run?.runId) answers.delete(runId)
  if (run === null) storage.keepAnswer(conversationId, null)
  showAll()
  view.scrollToEnd()
}

const roomEvent = (event) => {
  switch (event.type) {
    case "message-added":
    case "message-closed": {
      const { message } = event
      messages.set(message.id, message)
      if (event.type === "message-closed" && message.runId !== null) finish(message.runId)
      return showAll()
    }
    case "run-started": {
      const { messageId, runId, status } = event.run
      if (status === "running") expect(runId, messageId)
      return refreshButtons()
    }
  }
}

// ---- the runs

/** What is held of a run; nothing yet, for a new one. */
const expect = (runId, messageId) => {
  const held = answers.get(runId)
  if (held !== undefined) return held
  const made = emptyAnswer(runId, messageId)
  answers.set(runId, made)
  view.announce("The answer begins.")
  return made
}

const runFrame = (frame, length) => {
  if (frame.type === "gone" && !answers.has(frame.runId)) return
  const answer = expect(frame.runId, null)
  switch (applyFrame(answer, frame)) {
    case "subscribe":
      return void subscribe(answer)
    case "gone":
      answers.delete(frame.runId)
      return showAll()
    case "closed":
      messages.set(frame.message.id, frame.message)
      finish(frame.runId)
      return showAll()
    case "applied":
      acknowledge(answer, length)
      if (answer.terminal !== null) finish(frame.runId)
      else keepSoon()
      return showAnswer(answer)
  }
}

/** Cumulative, so the last number stands for all before it. */
const acknowledge = (answer, length) => {
  const waiting = unacknowledged.get(answer.runId) ?? { bytes: 0, timer: 0 }
  waiting.bytes += length
  unacknowledged.set(answer.runId, waiting)
  const tell = () => {
    clearTimeout(waiting.timer)
    unacknowledged.delete(answer.runId)
    connection?.tell({ type: "ack", conversationId, runId: answer.runId, seq: answer.seq })
  }
  if (waiting.bytes >= ackEveryBytes || answer.terminal !== null) tell()
  else if (waiting.timer === 0) waiting.timer = setTimeout(tell, ackEveryMs)
}

const finish = (runId) => {
  const answer = answers.get(runId)
  if (answer !== undefined && messages.get(answer.messageId)?.status !== "streaming") {
    // The stored message is the answer now.
    if (messages.has(answer.messageId)) answers.delete(runId)
  }
  storage.keepAnswer(conversationId, null)
  view.announce("The answer is complete.")
  refreshButtons()
}

const activeAnswer = () => [...answers.values()].find(({ terminal }) => terminal === null)

const keepNow = () => {
  clearTimeout(keepTimer)
  keepTimer = 0
  const answer = activeAnswer()
  if (conversationId !== null && answer !== undefined) storage.keepAnswer(conversationId, answer)
}
const keepSoon = () => {
  if (keepTimer === 0) keepTimer = setTimeout(keepNow, keepEveryMs)
}

// ---- the screen

/** The newest branch: from the last message up to the root. */
const branch = () => {
  const path = []
  let message = [...messages.values()].at(-1)
  while (message !== undefined) {
    path.unshift(message)
    message = message.parentId === null ? undefined : messages.get(message.parentId)
  }
  return path
}

const showAll = () => {
  const path = branch()
  const wanted = new Set(path.map(({ id }) => id))
  if (pending !== null) wanted.add(pending.clientMessageId)
  for (const { messageId } of answers.values()) if (messageId !== null) wanted.add(messageId)
  for (const id of view.shownIds()) if (!wanted.has(id)) view.removeMessage(id)
  const running = new Map([...answers.values()].map((answer) => [answer.messageId, answer]))
  for (const message of path) {
    const answer = running.get(message.id)
    if (answer !== undefined && message.status === "streaming") showAnswer(answer)
    else view.showMessage(message.id, stored(message))
  }
  for (const answer of answers.values()) showAnswer(answer)
  if (pending !== null) view.showMessage(pending.clientMessageId, { role: "user", text: pending.text, note: "Sending…" })
  view.arrange(wanted)
  refreshButtons()
}

const ends = {
  cancelled: "Stopped.",
  failed: "This answer failed."
}

const stored = (message) => {
  const of = (type) => message.content.filter((part) => part.type === type)
  return {
    role: message.role,
    text: of("text")
      .map(({ text }) => text)
      .join(""),
    reasoning: of("reasoning")
      .map(({ text }) => text)
      .join(""),
    notices: of("tool-call").map(({ name }) => `Called ${name}`),
    note: message.error === null ? ends[message.status] : message.error.message,
    isFailed: message.status === "failed",
    isStreaming: message.status === "streaming"
  }
}

const terminalNotes = {
  "run-complete": () => "",
  "run-cancel": () => ends.cancelled,
  "run-fail": ({ message }) => message || ends.failed
}

const showAnswer = (answer) => {
  if (answer.messageId === null) return
  const { notices, reasoning, terminal, text } = answer
  view.showMessage(answer.messageId, {
    role: "assistant",
    text,
    reasoning,
    notices,
    note: terminal === null ? "" : terminalNotes[terminal.type](terminal),
    isFailed: terminal?.type === "run-fail",
    isStreaming: terminal === null
  })
  refreshButtons()
}

const refreshButtons = () => view.showAnswering(activeAnswer() !== undefined, connection?.isOpen === true && pending === null)

// ---- what a person does

const randomId = () => {
  let id = ""
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += byte.toString(16).padStart(2, "0")
  return id
}

const send = async () => {
  const text = parts.text.value.trim()
  if (text === "" || pending !== null || connection?.isOpen !== true || activeAnswer() !== undefined) return
  view.showError("")
  pending = {
    conversationId,
    clientMessageId: randomId(),
    text,
    model: parts.model.value || undefined,
    isMade: conversationId !== null
  }
  parts.text.value = ""
  fitText()
  showAll()
  view.scrollToEnd()
  if (conversationId === null && !(await makeConversation())) return giveBack("The conversation could not be made.")
  await deliver()
}

const makeConversation = async () => {
  try {
    const answer = await call("/api/conversations", pending.model === undefined ? {} : { model: pending.model })
    if (!answer.ok) return false
    const made = await answer.json()
    conversationId = made.id
    pending.conversationId = made.id
    storage.showAddress(conversationId)
    const followed = await tryAsk({ type: "follow", conversationId })
    return followed === null || followed.type === "done"
  } catch {
    return false
  }
}

/** Until it is accepted; always under the same id, so it is never asked twice. After a lost connection `joinRoom` does it again. */
const deliver = async () => {
  const sending = pending
  storage.keepPending(sending)
  for (let tries = 1; pending === sending; tries++) {
    const answer = await tryAsk({
      type: "send",
      conversationId: sending.conversationId,
      clientMessageId: sending.clientMessageId,
      content: [{ type: "text", text: sending.text }],
      ...(sending.model === undefined ? {} : { model: sending.model })
    })
    if (answer === null || pending !== sending) return
    if (answer.type === "accepted") return accepted(answer)
    if (answer.retry === "never" || tries === maxTries) return giveBack(answer.message)
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfterMs ?? tryAgainMs))
  }
}

const accepted = ({ messageId, run }) => {
  if (!messages.has(messageId)) {
    // The room tells it too, perhaps only later; until then it is shown as it was written.
    const content = [{ type: "text", text: pending.text }]
    const parentId = branch().at(-1)?.id ?? null
    messages.set(messageId, { id: messageId, parentId, role: "user", content, status: "complete", runId: null, error: null })
  }
  pending = null
  storage.keepPending(null)
  const message = run === null ? undefined : messages.get(run.messageId)
  if (run !== null && (message === undefined || message.status === "streaming")) expect(run.runId, run.messageId)
  showAll()
}

const giveBack = (why) => {
  const text = pending?.text ?? ""
  pending = null
  storage.keepPending(null)
  if (parts.text.value === "") parts.text.value = text
  fitText()
  view.showError(why)
  showAll()
}

const stop = async () => {
  const answer = activeAnswer()
  if (answer === undefined) return
  parts.stop.disabled = true
  const reply = await tryAsk({ type: "cancel", conversationId, runId: answer.runId })
  parts.stop.disabled = false
  if (reply?.type === "error") view.showError(reply.message)
}

const newChat = () => {
  if (conversationId !== null) tryAsk({ type: "unfollow", conversationId })
  storage.keepAnswer(conversationId, null)
  storage.keepPending(null)
  conversationId = null
  storage.showAddress(null)
  resetRoom()
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
  key = typed
  enter()
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
addEventListener("pagehide", keepNow)
addEventListener("hashchange", () => {
  const address = storage.takeAddress()
  if (address.key !== null) storage.keepKey(address.key, false)
  if (address.key === null && address.conversationId === conversationId) return
  connection?.stop()
  start()
})

start()
