/** What asks the server over HTTP, alone or as one half of the client. */
import { defaultLimits } from "../ClientOptions.ts"
import type { ClientLimits } from "../ClientOptions.ts"
import { globalPlatform } from "../Platform.ts"
import type { Platform } from "../Platform.ts"
import { makeHttpApi } from "./HttpApi.ts"
import { HttpCaller } from "./HttpCaller.ts"
import type { HttpApiOptions, ParleyHttpApi } from "./ParleyHttpApi.ts"
import { uploadAttachment } from "./uploadAttachment.ts"

interface HttpHalf extends ParleyHttpApi {
  readonly http: HttpCaller
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly platform: Platform
  readonly limits: ClientLimits
}

export const httpHalf = (options: HttpApiOptions = {}): HttpHalf => {
  // Whoever has a `fetch` of their own sends with that.
  const own = options.platform?.fetch === undefined ? {} : { send: undefined }
  const platform = { ...globalPlatform(), ...own, ...options.platform }
  const limits = { ...defaultLimits, ...options.limits }
  const baseUrl = baseUrlOf(options.url)
  const { answerTimeoutMs: timeoutMs, uploadStallMs } = limits
  const http = new HttpCaller({ baseUrl, apiKey: options.apiKey, platform, timeoutMs, uploadStallMs })
  return { api: makeHttpApi(http), upload: (file, call) => uploadAttachment(http, file, call), http, baseUrl, platform, limits }
}

const baseUrlOf = (url: string | undefined): string => {
  if (url !== undefined) return url.replace(/\/+$/, "")
  if (typeof location !== "undefined") return location.origin
  throw new TypeError("outside a browser `url` is needed: where the server is")
}
