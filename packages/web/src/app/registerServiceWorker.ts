import { whenIdle } from "../client/whenIdle.ts"

/** What keeps the app when there is no network. The page's policy lets scripts be named only through this one door. */
export const registerServiceWorker = (): void => {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return
  const register = (): void => {
    // Without it the app works as before, online.
    navigator.serviceWorker.register(scriptUrl("/sw.js")).then(askToKeepLater, () => {})
    // Another one has taken over: a newer app's.
    navigator.serviceWorker.addEventListener("controllerchange", askToKeepLater)
  }
  // Where texts of another language had to come first the page may be loaded already.
  if (document.readyState === "complete") register()
  else addEventListener("load", register)
}

const askToKeepLater = async (): Promise<void> => {
  const { active } = await navigator.serviceWorker.ready
  // What somebody pays for by the byte comes when it is needed.
  if (!isSaving()) whenIdle(() => active?.postMessage(keepLater))
}

/** What the worker is told: that it may fetch the parts that were not needed yet. */
const keepLater = "keep-later"

/** Not every browser tells. */
const isSaving = (): boolean => {
  const connection: unknown = Reflect.get(navigator, "connection")
  return Reflect.get(Object(connection), "saveData") === true
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL: (url: string) => string }
}

declare global {
  // Only where the browser has Trusted Types.
  var trustedTypes: TrustedTypes | undefined
}

const scriptUrl = (url: string): string => {
  const policy = globalThis.trustedTypes?.createPolicy("parley", {
    createScriptURL: (wanted) => {
      if (wanted !== "/sw.js") throw new TypeError(`${wanted} is no script of ours`)
      return wanted
    }
  })
  return policy === undefined ? url : policy.createScriptURL(url)
}
