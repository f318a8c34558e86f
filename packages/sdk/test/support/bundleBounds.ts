/** Programs that use the client, and the most that each may be as a bundle: bytes, minified and gzipped. */
import { gzipSync } from "node:zlib"

export const bundleBounds = {
  everything: { program: 'export * from "@parley/sdk"', maxBytes: 17_408 },
  errorsOnly: {
    program: 'export { ParleyApiError, ParleyConnectionError, ParleyOutboxError } from "@parley/sdk"',
    maxBytes: 300
  },
  /** It follows nothing. */
  httpOnly: { program: 'export { createHttpApi } from "@parley/sdk"', maxBytes: 4_000 }
}

export const gzippedBytes = (code: string): number => gzipSync(code, { level: 9 }).length
