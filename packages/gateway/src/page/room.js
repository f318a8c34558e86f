/** The conversation on the screen: its messages, its unfinished answers, and what was sent and is not yet accepted. */
import { applyFrame, cursorOf, emptyAnswer } from "./answer.js"
import * as storage from "./storage.js"
import * as view from "./view.js"

/** Acknowledge at least this often, and at least after so much, while events arrive. */
const ackEveryMs = 1_000
const ackEveryBytes = 8_192
/** How often an unfinished answer is kept for a reload. */
const keepEveryMs = 250

const ends = {
  cancelled: "Stopped.",
  failed: "This answer failed."
}
/** For who does not see the answer. */
const announcements = {
  complete: "The answer is complete.",
  cancelled: "The answer was stopped.",
  failed: "The answer failed."
}
const statusOf = { "run-complete": "complete", "run-cancel": "cancelled", "run-fail": "failed" }
const terminalNotes = {
  "run-complete": () => "",
  "run-cancel": () => ends.cancelled,
  "run-fail": ({ message }) => message || ends.failed
}

export class Room {
  /** Null until the first message is sent. */
  id
  /** What is being sent: text, model, clientMessageId. */
  pending
  #line
  /** The last number of the room's log. */
  #seq = null
  /** By id, in the order of the room. */
  #messages = new Map()
  /** By run id: unfinished ones, and finished ones whose stored message has not come yet. */
  #answers = new Map()
  #unacknowledged = new Map()
  #keepTimer = 0

  /** `line.ask` resolves with the answer, or with null when the connection is lost first; `line.tell` sends what has no answer. */
  constructor(id, line) {
    this.id = id
    this.#line = line
    this.pending = id === null ? null : storage.loadPending(id)
    view.clearMessages()
  }

  get activeAnswer() {
    return [...this.#answers.values()].find(({ terminal }) => terminal === null)
  }

  /** After each connect: what was missed of the room, then what was missed of each unfinished run. Gives the error frame, if there is one. */
  async join() {
    if (this.id === null) return null
    const cursor = this.#seq === null ? {} : { afterSeq: this.#seq }
    const reply = await this.#line.ask({ type: "follow", conversationId: this.id, ...cursor })
    if (reply === null) return null
    if (reply.type === "error") return reply
    for (const answer of this.#answers.values()) if (answer.terminal === null) this.#subscribe(answer)
    return null
  }

  leave() {
    clearTimeout(this.#keepTimer)
    for (const { timer } of this.#unacknowledged.values()) clearTimeout(timer)
    if (this.id !== null) this.#line.ask({ type: "unfollow", conversationId: this.id })
    storage.keepAnswer(this.id, null)
    storage.keepPending(null)
  }

  receive(frame, length) {
    if (frame.conversationId !== this.id) return
    switch (frame.type) {
      case "room-snapshot":
        return this.#replace(frame)
      case "room":
        // A number that was seen before is a replay.
        if (this.#seq !== null && frame.seq <= this.#seq) return
        this.#seq = frame.seq
        return this.#happened(frame.event)
      case "delta":
      case "snapshot":
      case "closed":
      case "gone":
        return this.#runFrame(frame, length)
    }
  }

  accepted({ messageId, run }) {
    if (!this.#messages.has(messageId)) {
      // The room tells it too, perhaps only later; until then it is shown as it was written.
      const content = [{ type: "text", text: this.pending.text }]
      const parentId = this.#branch().at(-1)?.id ?? null
      const message = { id: messageId, parentId, role: "user", content, status: "complete", runId: null, error: null }
      this.#messages.set(messageId, message)
    }
    this.pending = null
    storage.keepPending(null)
    const answer = run === null ? undefined : this.#messages.get(run.messageId)
    if (run !== null && (answer === undefined || answer.status === "streaming")) this.#expect(run.runId, run.messageId)
    this.show()
  }

  /** Keeps the unfinished answer now, since the page may be about to go. */
  keep() {
    clearTimeout(this.#keepTimer)
    this.#keepTimer = 0
    const answer = this.activeAnswer
    if (this.id !== null && answer !== undefined) storage.keepAnswer(this.id, answer)
  }

  show() {
    const path = this.#branch()
    const answers = [...this.#answers.values()].filter(({ messageId }) => messageId !== null)
    const wanted = new Set([...path.map(({ id }) => id), ...answers.map(({ messageId }) => messageId)])
    if (this.pending !== null) wanted.add(this.pending.clientMessageId)
    for (const id of view.shownIds()) if (!wanted.has(id)) view.removeMessage(id)
    for (const message of path) view.showMessage(message.id, stored(message))
    for (const answer of answers) this.#showAnswer(answer)
    if (this.pending !== null) {
      view.showMessage(this.pending.clientMessageId, { role: "user", text: this.pending.text, note: "Sending…" })
    }
    view.arrange(wanted)
    this.#line.changed()
  }

  #subscribe(answer) {
    this.#line.ask({ type: "subscribe", conversationId: this.id, runId: answer.runId, ...cursorOf(answer) }).then((reply) => {
      if (reply?.type === "error") view.showError(reply.message)
    })
  }

  #replace(frame) {
    this.#seq = frame.seq
    this.#messages = new Map(frame.messages.map((message) => [message.id, message]))
    const run = frame.activeRun
    if (run !== null && !this.#answers.has(run.runId)) {
      const kept = storage.loadAnswer(this.id)
      this.#answers.set(run.runId, kept?.runId === run.runId ? kept : emptyAnswer(run.runId, run.messageId))
    }
    for (const runId of this.#answers.keys()) if (runId !== run?.runId) this.#answers.delete(runId)
    if (run === null) storage.keepAnswer(this.id, null)
    this.show()
    view.scrollToEnd()
  }

  #happened(event) {
    switch (event.type) {
      case "message-added":
      case "message-closed": {
        const { message } = event
        this.#messages.set(message.id, message)
        if (event.type === "message-closed" && message.runId !== null) this.#finish(message.runId)
        return this.show()
      }
      case "run-started": {
        const { messageId, runId, status } = event.run
        if (status === "running") this.#expect(runId, messageId)
        return this.show()
      }
    }
  }

  /** What is held of a run; nothing yet, for a new one. */
  #expect(runId, messageId) {
    const held = this.#answers.get(runId)
    if (held !== undefined) return held
    const made = emptyAnswer(runId, messageId)
    this.#answers.set(runId, made)
    view.announce("The answer begins.")
    return made
  }

  #runFrame(frame, length) {
    const { runId } = frame
    if (frame.type === "gone" && !this.#answers.has(runId)) return
    const answer = this.#expect(runId, null)
    switch (applyFrame(answer, frame)) {
      case "subscribe":
        return this.#subscribe(answer)
      case "gone":
        this.#answers.delete(runId)
        return this.show()
      case "closed":
        this.#messages.set(frame.message.id, frame.message)
        this.#finish(runId)
        return this.show()
      case "applied":
        this.#acknowledge(answer, length)
        if (answer.terminal !== null) this.#finish(runId)
        else if (this.#keepTimer === 0) this.#keepTimer = setTimeout(() => this.keep(), keepEveryMs)
        this.#showAnswer(answer)
        return this.#line.changed()
    }
  }

  /** Cumulative, so the last number stands for all before it. */
  #acknowledge(answer, length) {
    const waiting = this.#unacknowledged.get(answer.runId) ?? { bytes: 0, timer: 0 }
    waiting.bytes += length
    this.#unacknowledged.set(answer.runId, waiting)
    const tell = () => {
      clearTimeout(waiting.timer)
      this.#unacknowledged.delete(answer.runId)
      this.#line.tell({ type: "ack", conversationId: this.id, runId: answer.runId, seq: answer.seq })
    }
    if (waiting.bytes >= ackEveryBytes || answer.terminal !== null) tell()
    else if (waiting.timer === 0) waiting.timer = setTimeout(tell, ackEveryMs)
  }

  #finish(runId) {
    const answer = this.#answers.get(runId)
    const message = this.#messages.get(answer?.messageId) ?? [...this.#messages.values()].find((one) => one.runId === runId)
    // From then on the stored message is the answer.
    if (message !== undefined && message.status !== "streaming") this.#answers.delete(runId)
    storage.keepAnswer(this.id, null)
    const status = answer?.terminal ? statusOf[answer.terminal.type] : message?.status
    if (status in announcements) view.announce(announcements[status])
  }

  /** The newest branch: from the last message up to the root. */
  #branch() {
    const path = []
    let message = [...this.#messages.values()].at(-1)
    while (message !== undefined) {
      path.unshift(message)
      message = message.parentId === null ? undefined : this.#messages.get(message.parentId)
    }
    return path
  }

  #showAnswer({ messageId, notices, reasoning, terminal, text }) {
    if (messageId === null) return
    view.showMessage(messageId, {
      role: "assistant",
      text,
      reasoning,
      notices,
      note: terminal === null ? "" : terminalNotes[terminal.type](terminal),
      isFailed: terminal?.type === "run-fail",
      isStreaming: terminal === null
    })
  }
}

const stored = (message) => {
  const of = (type) => message.content.filter((part) => part.type === type)
  const joined = (type) =>
    of(type)
      .map(({ text }) => text)
      .join("")
  return {
    role: message.role,
    text: joined("text"),
    reasoning: joined("reasoning"),
    notices: of("tool-call").map(({ name }) => `Called ${name}`),
    note: message.error === null ? ends[message.status] : message.error.message,
    isFailed: message.status === "failed",
    isStreaming: message.status === "streaming"
  }
}
