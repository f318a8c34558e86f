/** What a follower of a run or a room needs of the client. */
import type { Answer, Command, Frame } from "../connection/Commands.ts"
import type { ClientLimits } from "../ClientOptions.ts"
import type { Platform } from "../Platform.ts"

export interface FollowHost {
  readonly platform: Platform
  readonly limits: ClientLimits
  readonly isOpen: () => boolean
  readonly ask: (command: Command) => Promise<Answer>
  readonly tell: (frame: Frame) => void
  /** The connection is of no use: another one. */
  readonly abandon: () => void
  readonly onError: (error: unknown) => void
}
