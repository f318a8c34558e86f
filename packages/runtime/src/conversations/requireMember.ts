/** Only members see a conversation; for anybody else there is none. */
import { Effect } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import { Forbidden, NotFound } from "@parley/domain/Errors"
import type { Member } from "@parley/domain/Message"
import type { LiveConversation } from "./LiveConversation.ts"

export const requireMember = (live: LiveConversation, caller: CallerInfo): Effect.Effect<Member, NotFound> => {
  const member = live.members.get(caller.principalId)
  return member === undefined
    ? Effect.fail(new NotFound({ message: "No such conversation", resource: live.conversation.id }))
    : Effect.succeed(member)
}

/** What only the room's owner may do. */
export const requireOwner = (live: LiveConversation, caller: CallerInfo): Effect.Effect<Member, NotFound | Forbidden> =>
  Effect.flatMap(requireMember(live, caller), (member) =>
    member.role === "owner"
      ? Effect.succeed(member)
      : Effect.fail(new Forbidden({ message: "Only the owner of the conversation may do this" }))
  )
