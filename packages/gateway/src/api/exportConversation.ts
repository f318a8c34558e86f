/** A conversation as a file, written while it is read: one page of messages is in memory at a time. */
import type { Caller } from "@parley/domain/Caller"
import type { Conversations } from "@parley/domain/Conversations"
import { NotFound, type ConversationError } from "@parley/domain/Errors"
import type { ConversationId, MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import { Effect, Option, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { attachmentDisposition, fileName } from "./contentDisposition.ts"
import { markdownHead, markdownOf } from "./markdownOf.ts"

/** Messages that are in memory at a time. */
const pageItems = 100
/** Messages whose ids are looked through for a branch: some 100 bytes each. */
const maxScanned = 100_000

interface Subject {
  readonly conversations: Conversations["Service"]
  readonly id: ConversationId
}

export const exportConversation = (
  conversations: Conversations["Service"],
  id: ConversationId,
  format: "json" | "markdown",
  messageId: MessageId | undefined
): Effect.Effect<HttpServerResponse.HttpServerResponse, ConversationError, Caller> =>
  Effect.gen(function* () {
    const subject = { conversations, id }
    // What can be refused is refused before the first byte.
    const conversation = yield* conversations.get(id)
    const members = yield* conversations.members(id)
    const context = yield* Effect.context<Caller>()
    const messages = pages(subject).pipe(Stream.provideContext(context))
    const headers = (extension: string) => ({
      "content-disposition": attachmentDisposition(`${fileName(conversation.title)}.${extension}`),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff"
    })
    if (format === "json") {
      const head = `{"conversation":${JSON.stringify(conversation)},"members":${JSON.stringify(members)},"messages":[`
      let isFirst = true
      const body = Stream.map(messages, (page) => {
        const items = page.map((message) => JSON.stringify(message)).join(",\n")
        const separator = isFirst || items === "" ? "\n" : ",\n"
        isFirst &&= items === ""
        return separator + items
      })
      return answer(Stream.concat(Stream.prepend(body, [head]), Stream.succeed("\n]}\n")), "application/json", headers("json"))
    }
    const branch = yield* branchOf(subject, messageId)
    const names = new Map(members.map(({ displayName, principalId }) => [principalId, displayName] as const))
    const body = Stream.map(messages, (page) =>
      page.flatMap((message) => (branch.has(message.id) ? [markdownOf(message, names)] : [])).join("")
    )
    return answer(Stream.prepend(body, [markdownHead(conversation)]), "text/markdown; charset=utf-8", headers("md"))
  })

const answer = (
  body: Stream.Stream<string, ConversationError>,
  contentType: string,
  headers: Readonly<Record<string, string>>
): HttpServerResponse.HttpServerResponse => HttpServerResponse.stream(Stream.encodeText(body), { contentType, headers })

const pages = ({ conversations, id }: Subject): Stream.Stream<ReadonlyArray<Message>, ConversationError, Caller> =>
  Stream.paginate(null as string | null, (cursor) =>
    Effect.map(
      conversations.messages(id, { limit: pageItems, ...(cursor === null ? {} : { cursor }) }),
      ({ items, nextCursor }) => [[items], nextCursor === null ? Option.none() : Option.some(nextCursor)] as const
    )
  )

/** The ids from the root to the message, the newest when none is named. Messages are told after their parents. */
const branchOf = (
  subject: Subject,
  messageId: MessageId | undefined
): Effect.Effect<ReadonlySet<MessageId>, ConversationError, Caller> =>
  Effect.gen(function* () {
    const parents = new Map<MessageId, MessageId | null>()
    let last: MessageId | undefined
    yield* Stream.runForEach(
      Stream.takeWhile(pages(subject), () => parents.size < maxScanned),
      (page) =>
        Effect.sync(() => {
          for (const { id, parentId } of page) {
            parents.set(id, parentId)
            last = id
          }
        })
    )
    if (messageId !== undefined && !parents.has(messageId)) {
      return yield* new NotFound({ message: "No such message in this conversation", resource: messageId })
    }
    const branch = new Set<MessageId>()
    for (let at = messageId ?? last ?? null; at !== null && !branch.has(at); at = parents.get(at) ?? null) branch.add(at)
    return branch
  })
