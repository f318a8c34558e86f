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

export const notifyHidden = (text: string): void => {
  if (document.visibilityState !== "hidden" || !notificationsOn()) return
  try {
    const notification = new Notification(text, { icon: "/icons/parley-192.png", tag: "parley-answer" })
    notification.addEventListener("click", () => {
      window.focus()
      notification.close()
    })
  } catch {
    // Phones allow them only from a service worker; there it stays quiet.
  }
}
