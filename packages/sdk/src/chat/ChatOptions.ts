/** What one chat is made of and with. */
import type { FollowHost } from "../follow/FollowHost.ts"
import type { HttpApi } from "../http/HttpApi.ts"
import type { Outbox } from "../outbox/Outbox.ts"
import type { Beginning } from "../outbox/OutboxStorage.ts"
import type { ParleyApiError } from "../ParleyApiError.ts"
import type { ParleyConnectionError } from "../ParleyConnectionError.ts"

export interface ChatOptions {
  readonly id: string
  readonly host: FollowHost
  readonly api: HttpApi
  readonly outbox: Outbox
  /** Why there is no connection, when it will not come back by itself. */
  readonly refusal: () => ParleyApiError | ParleyConnectionError | null
  readonly closed: () => void
  /** It is to be made with this. */
  readonly beginning: Beginning | undefined
}
