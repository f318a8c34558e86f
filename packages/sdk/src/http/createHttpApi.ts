import { httpHalf } from "./httpHalf.ts"
import type { HttpApiOptions, ParleyHttpApi } from "./ParleyHttpApi.ts"

/** The HTTP API alone, for programs that follow nothing: a bundler leaves out the socket, the chats and the outbox. */
export const createHttpApi: (options?: HttpApiOptions) => ParleyHttpApi = httpHalf
