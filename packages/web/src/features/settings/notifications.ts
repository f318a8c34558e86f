/** The browser's notifications, only where the person switched them on. */
const key = "parley.notifications"

export const canNotify = "Notification" in globalThis

export const notificationsOn = (): boolean => {
  try {
    return canNotify && Notification.permission === "granted" && localStorage.getItem(key) === "on"
  } catch {
    return false
  }
}

/** Asks for the permission where that is needed; answers with what holds afterwards. */
export const setNotifications = async (on: boolean): Promise<boolean> => {
  if (!canNotify) return false
  const granted = on ? (await Notification.requestPermission()) === "granted" : false
  try {
    if (granted) localStorage.setItem(key, "on")
    else localStorage.removeItem(key)
  } catch {
    return false
  }
  return granted
}

/** Told to the page by itself, with the path to be shown as `detail`. */
const openEvent = "parley:open"

/** One notice for a conversation: the next takes its place. Pressed, it opens the conversation. */
export const notifyHidden = async (text: string, conversationId: string): Promise<void> => {
  if (document.visibilityState !== "hidden" || !notificationsOn()) return
  const path = `/c/${conversationId}`
  const options = { icon: "/icons/parley-192.png", tag: `parley-${conversationId}`, data: { path } }
  try {
    // Phones allow them only from a worker, which also opens the app where the page is gone by then.
    const worker = await registration()
    if (worker !== undefined) return await worker.showNotification(text, options)
  } catch {
    // By the page, then.
  }
  try {
    const notification = new Notification(text, options)
    notification.addEventListener("click", () => {
      window.focus()
      notification.close()
      dispatchEvent(new CustomEvent(openEvent, { detail: path }))
    })
  } catch {
    // Neither way is there: it stays quiet.
  }
}

const registration = async (): Promise<ServiceWorkerRegistration | undefined> => {
  if (!("serviceWorker" in navigator)) return undefined
  const found = await navigator.serviceWorker.getRegistration()
  return found === undefined || found.active === null ? undefined : found
}

/** Calls back with the path of the conversation whose notice was pressed; gives back the function that ends it. */
export const followNotices = (open: (path: string) => void): (() => void) => {
  const abort = new AbortController()
  const { signal } = abort
  const openConversation = (path: unknown) => {
    if (typeof path === "string" && /^\/c\/\w+$/.test(path)) open(path)
  }
  addEventListener(openEvent, (event) => event instanceof CustomEvent && openConversation(event.detail), { signal })
  if ("serviceWorker" in navigator) {
    // What `sw.ts` says of a notice that was pressed.
    const onMessage = ({ data }: MessageEvent<unknown>) => openConversation(Reflect.get(Object(data), "open"))
    navigator.serviceWorker.addEventListener("message", onMessage, { signal })
  }
  return () => abort.abort()
}
