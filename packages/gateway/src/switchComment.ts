/** How a stream tells that another target goes on: as a comment, which every client of server-sent events passes over. */
import type { ProviderSwitch } from "@parley/domain/ModelEvent"

export const switchComment = ({ from, reason, to }: ProviderSwitch): string =>
  `: provider-switch ${JSON.stringify({ from, to, reason })}\n\n`
