/** What every engine checks of a WebSocket handshake before a route decides about it. */
import type { UpgradeDecision } from "./WebSocketRoutes.ts"

type Refusal = Extract<UpgradeDecision<unknown>, { readonly ok: false }>

/** RFC 6455, section 4.4: say which version is spoken. */
export const upgradeRefused = (version: string | undefined, draining: boolean): Refusal | undefined => {
  if (draining) return { ok: false, status: 503, headers: { connection: "close", "retry-after": "1" } }
  if (version !== "13") return { ok: false, status: 426, headers: { "sec-websocket-version": "13" } }
  return undefined
}

export const offeredProtocols = (header: string | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : header
        .split(",")
        .map((protocol) => protocol.trim())
        .filter((protocol) => protocol !== "")
