/** Search over the titles and messages of the caller's own conversations. */
import { Effect, Schema } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import { FoundMessage, ListedConversation } from "@parley/domain/ConversationList"
import type { Found, SearchRequest } from "@parley/domain/ConversationList"
import type { InvalidRequest, Unavailable } from "@parley/domain/Errors"
import { cursorOf, limitOf, pageOf } from "../storage/conversations/paging.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import type { TenantSql } from "../storage/TenantSql.ts"
import { listedColumns } from "./listedColumns.ts"
import { excerptOf, highlightsOf, tsqueryOf, wordsOf } from "./searchWords.ts"

/** Conversations that are found by their titles, at most. */
const maxTitles = 20
/** The id of the last message. */
const searchCursor = /^(msg_[0-9a-z]{26})$/

const { excerpt: _excerpt, highlights: _highlights, ...messageFields } = FoundMessage.fields
const decodeMessages = decodeRows(Schema.Struct({ ...messageFields, text: Schema.String }))
const decodeListed = decodeRows(ListedConversation)

const nothing: Found = { conversations: [], messages: [], nextCursor: null }

export const searchConversations = Effect.fnUntraced(function* (
  tenantSql: TenantSql["Service"],
  { principalId, tenantId }: CallerInfo,
  request: SearchRequest
): Effect.fn.Return<Found, InvalidRequest | Unavailable> {
  const limit = yield* limitOf(request)
  const [before] = (yield* cursorOf(request, searchCursor)) ?? []
  const words = wordsOf(request.query)
  if (words.length === 0) return nothing
  const query = tsqueryOf(words)

  const titled =
    before !== undefined
      ? []
      : yield* tenantSql.read(
          tenantId,
          (sql) => sql`
            select ${listedColumns(sql)} from members b join conversations c on c.id = b.conversation_id
            where b.principal_id = ${principalId} and to_tsvector('simple', c.title) @@ to_tsquery('simple', ${query})
            order by c.updated_at_ms desc, c.id desc limit ${maxTitles}`
        )
  const found = yield* tenantSql.read(
    tenantId,
    (sql) => sql`
      select m.id as "messageId", m.conversation_id as "conversationId", c.title, m.role,
        m.created_at_ms::float8 as "createdAtMs", coalesce(parley_message_text(m.content), '') as text
      from parley_search(${principalId}, to_tsquery('simple', ${query}), ${before ?? null}, ${limit + 1}) found (id)
        join messages m on m.id = found.id join conversations c on c.id = m.conversation_id
      order by m.id desc`
  )
  const messages = pageOf(yield* decodeMessages(found), limit, (last) => last.messageId)
  return {
    conversations: (yield* decodeListed(titled)).map((conversation) => ({
      conversation,
      highlights: highlightsOf(conversation.title, words)
    })),
    messages: messages.items.map(({ text, ...message }) => ({ ...message, ...excerptOf(text, words) })),
    nextCursor: messages.nextCursor
  }
})
