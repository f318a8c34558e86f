/** Shares and prompts in memory, as far as a door can tell. */
import { NotFound } from "@parley/domain/Errors"
import { ConversationId, MessageId, makePromptId, makeShareId } from "@parley/domain/Ids"
import { Prompts, type Prompt } from "@parley/domain/Prompts"
import { Shares } from "@parley/domain/Shares"
import { Effect, Layer } from "effect"
import { doorPrincipal } from "./doorKeys.ts"

export const goodShare = "sh_good"

const noShare = new NotFound({ message: "no such link", resource: "share" })
const noPrompt = new NotFound({ message: "no such prompt", resource: "prompt" })

export const layerMemoryShares = Layer.mergeAll(
  Layer.succeed(Shares, {
    create: (conversationId) =>
      Effect.map(makeShareId, (id) => ({
        share: {
          id,
          conversationId,
          messageId: MessageId.make(`msg_${"0".repeat(26)}`),
          createdBy: doorPrincipal,
          title: "Room",
          messageCount: 1,
          createdAtMs: 1,
          expiresAtMs: null,
          revokedAtMs: null
        },
        token: goodShare
      })),
    list: () => Effect.succeed([]),
    revoke: () => Effect.fail(noShare),
    read: (token) =>
      token === goodShare
        ? Effect.succeed({ title: "Room", sharedAtMs: 1, messageCount: 0, messages: [], nextCursor: null })
        : Effect.fail(noShare),
    file: (token, id) =>
      token === goodShare
        ? Effect.succeed({
            attachment: {
              id,
              conversationId: ConversationId.make(`cnv_${"0".repeat(26)}`),
              name: "evil.html",
              contentType: "text/plain",
              createdBy: doorPrincipal,
              bytes: 4,
              createdAtMs: 1
            },
            content: Buffer.from("<b>x")
          })
        : Effect.fail(noShare)
  }),
  Layer.succeed(Prompts, {
    list: Effect.succeed([]),
    create: (input) =>
      Effect.map(makePromptId, (id): Prompt => ({
        id,
        kind: input.kind,
        name: input.name,
        text: input.text,
        model: input.model ?? null,
        parameters: input.parameters ?? {},
        isShared: input.isShared ?? false,
        ownerId: doorPrincipal,
        ownerName: "Ada",
        createdAtMs: 1,
        updatedAtMs: 1
      })),
    update: () => Effect.fail(noPrompt),
    remove: () => Effect.fail(noPrompt)
  })
)
