/** What the page keeps in the browser. It may be refused (a private window): then a reload starts from what the server knows. */

const read = (storage, name) => {
  try {
    return storage().getItem(name)
  } catch {
    return null
  }
}
const write = (storage, name, value) => {
  try {
    if (value === null) storage().removeItem(name)
    else storage().setItem(name, value)
  } catch {
    // Full, or refused.
  }
}
const session = () => sessionStorage
const local = () => localStorage

const keyName = "parley.key"
const answerName = "parley.answer"
const pendingName = "parley.pending"
const modelName = "parley.model"

export const loadKey = () => read(session, keyName) ?? read(local, keyName)
/** For this tab, or for this device too. */
export const keepKey = (key, remember) => {
  write(session, keyName, key)
  write(local, keyName, remember ? key : null)
}
export const forgetKey = () => {
  write(session, keyName, null)
  write(local, keyName, null)
}

const readJson = (name) => {
  try {
    return JSON.parse(read(session, name) ?? "null")
  } catch {
    return null
  }
}

/** The unfinished answer: what a subscription goes on from. */
export const loadAnswer = (conversationId) => {
  const kept = readJson(answerName)
  return kept?.conversationId === conversationId ? kept.answer : null
}
export const keepAnswer = (conversationId, answer) =>
  write(session, answerName, answer === null ? null : JSON.stringify({ conversationId, answer }))

/** A message that was sent and not yet accepted: it is sent again under the same id. */
export const loadPending = (conversationId) => {
  const kept = readJson(pendingName)
  return kept?.conversationId === conversationId ? kept : null
}
export const keepPending = (pending) => write(session, pendingName, pending === null ? null : JSON.stringify(pending))

export const loadModel = () => read(local, modelName)
export const keepModel = (model) => write(local, modelName, model)

/** The key in `#key=…`, or the token in `#sign-in=…`, is taken out of the address at once, so that it is in no history or screenshot. The conversation stays there. */
export const takeAddress = () => {
  const fields = new URLSearchParams(location.hash.slice(1))
  const key = fields.get("key")
  const token = fields.get("sign-in")
  if (key !== null || token !== null) showAddress(fields.get("c"))
  return { key, token, conversationId: fields.get("c") }
}
export const showAddress = (conversationId) =>
  history.replaceState(null, "", conversationId === null ? location.pathname : `${location.pathname}#c=${conversationId}`)
