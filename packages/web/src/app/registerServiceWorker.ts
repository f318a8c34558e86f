/** What keeps the app when there is no network. The page's policy lets scripts be named only through this one door. */
export const registerServiceWorker = (): void => {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return
  addEventListener("load", () => {
    // Without it the app works as before, online.
    navigator.serviceWorker.register(scriptUrl("/sw.js")).catch(() => {})
  })
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
