/** The HTTP API without a connection. */
import type { FilePart } from "@parley/domain/Content"
import type { ClientOptions } from "../ClientOptions.ts"
import type { Plain } from "../Plain.ts"
import type { HttpApi } from "./HttpApi.ts"
import type { CallOptions } from "./HttpCaller.ts"
import type { Upload } from "./uploadAttachment.ts"

/** Of `platform` only `fetch`, `send` and `after` are used, of `limits` only `answerTimeoutMs` and `uploadStallMs`. */
export type HttpApiOptions = Pick<ClientOptions, "url" | "apiKey" | "platform" | "limits">

export interface ParleyHttpApi {
  /** Every endpoint, by group. */
  readonly api: HttpApi
  /** A file for a message of that conversation; the answer is the part to send. */
  readonly upload: (file: Upload, options?: CallOptions) => Promise<Plain<FilePart>>
}
