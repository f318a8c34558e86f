/** What the client needs of its surroundings. The defaults are the globals of browsers, Node 22 and React Native; tests and Node 18 give their own. */
import { sendWatched } from "./http/sendWatched.ts"

/** The part of a WebSocket that is used: the standard's, React Native's and `ws`'s fit. */
export interface SocketLike {
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(type: "error", listener: (event: unknown) => void): void
}
export type WebSocketConstructor = new (url: string, protocols: Array<string>) => SocketLike

export interface Platform {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** As `fetch` with the cookies of the server, for uploads, and tells how many bytes have gone out each time that more have. Undefined where nobody knows that. */
  readonly send?: ((url: string, init: RequestInit, sent: (bytes: number) => void) => Promise<Response>) | undefined
  /** Undefined where there is none: then only the HTTP half works. */
  readonly WebSocket: WebSocketConstructor | undefined
  readonly nowMs: () => number
  /** From 0 up to 1. */
  readonly random: () => number
  /** Calls back once, unless the function that it gives back is called before. */
  readonly after: (delayMs: number, run: () => void) => () => void
  /** False only when there certainly is no network. */
  readonly isOnline: () => boolean
  /**
   * `wake`: something changed for the better (the network is back, the page is visible again, the app is in front); `offline`: the network
   * is gone. Gives back the function that stops listening.
   */
  readonly watch: (on: { readonly wake: () => void; readonly offline: () => void }) => () => void
}

/** Of the globals, as far as they exist. */
export const globalPlatform = (): Platform => ({
  fetch: (url, init) => globalThis.fetch(url, init),
  send: typeof XMLHttpRequest === "undefined" ? undefined : sendWatched,
  WebSocket: typeof WebSocket === "undefined" ? undefined : WebSocket,
  nowMs: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  isOnline: () => typeof navigator === "undefined" || navigator.onLine !== false,
  watch: ({ offline, wake }) => {
    // Node and React Native have no window events: there `client.wake()` is the way in.
    if (typeof addEventListener === "undefined" || typeof document === "undefined") return () => {}
    const visible = () => {
      if (document.visibilityState === "visible") wake()
    }
    addEventListener("online", wake)
    addEventListener("offline", offline)
    addEventListener("pageshow", wake)
    document.addEventListener("visibilitychange", visible)
    return () => {
      removeEventListener("online", wake)
      removeEventListener("offline", offline)
      removeEventListener("pageshow", wake)
      document.removeEventListener("visibilitychange", visible)
    }
  }
})
