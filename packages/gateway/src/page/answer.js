/**
 * What a client holds of one run, by the rules of docs/websocket.md: a frame is applied only when it follows on; nothing is skipped, ever.
 * Plain data, so that it can be kept over a reload.
 */

/** @returns {import("./answer.d.ts").Answer} */
export const emptyAnswer = (runId, messageId = null) => ({
  runId,
  messageId,
  epoch: null,
  seq: 0,
  model: "",
  text: "",
  reasoning: "",
  notices: [],
  terminal: null
})

/**
 * Applies a run's frame in place.
 * `applied`: something changed. `dropped`: it was known already. `subscribe`: something is missing, ask again with what is held.
 * `closed`: the stored message is the answer. `gone`: forget it.
 */
export const applyFrame = (answer, frame) => {
  switch (frame.type) {
    case "delta": {
      if (answer.epoch === null && frame.seq === 1) answer.epoch = frame.epoch
      if (frame.epoch !== answer.epoch || frame.seq > answer.seq + 1) return "subscribe"
      if (frame.seq <= answer.seq) return "dropped"
      for (const event of frame.events) applyEvent(answer, event)
      answer.seq = frame.seq + frame.count - 1
      return "applied"
    }
    case "snapshot": {
      const { content, messageId, model, terminal } = frame.state
      Object.assign(answer, emptyAnswer(answer.runId, messageId), { epoch: frame.epoch, seq: frame.seq, model, terminal })
      for (const part of content) {
        if (part.type === "text") answer.text += part.text
        else if (part.type === "reasoning") answer.reasoning += part.text
        else answer.notices.push(`Called ${part.name}`)
      }
      return "applied"
    }
    case "closed":
      answer.terminal = frame.terminal
      answer.messageId = frame.message.id
      return "closed"
    case "gone":
      return "gone"
    default:
      return "dropped"
  }
}

const applyEvent = (answer, event) => {
  switch (event.type) {
    case "run-start":
      answer.messageId = event.messageId
      answer.model = event.model
      break
    case "text-delta":
      answer.text += event.text
      break
    case "reasoning-delta":
      answer.reasoning += event.text
      break
    case "tool-call":
      answer.notices.push(`Called ${event.name}`)
      break
    case "provider-switch":
      if (event.restart === true) {
        answer.text = ""
        answer.reasoning = ""
        answer.notices = []
      }
      answer.notices.push(`${event.restart === true ? "Began again" : "Went on"} with ${event.to}: ${event.reason}`)
      break
    case "run-complete":
    case "run-cancel":
    case "run-fail":
      answer.terminal = event
      break
  }
}

/** The fields of `subscribe` that say what is held. */
export const cursorOf = (answer) => (answer.epoch === null ? {} : { epoch: answer.epoch, afterSeq: answer.seq })
