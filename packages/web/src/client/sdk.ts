/** The one door to the client library: what the app uses of it, under the names it uses. */
import type { HttpApi, ParleyClient, Plain } from "@parley/sdk"

export { ParleyApiError, ParleyConnectionError, ParleyOutboxError, createClient } from "@parley/sdk"
export type { Beginning, Chat, ChatMessage, ChatState, OutboxItem, OutboxStorage, Sent } from "@parley/sdk"

export type Parley = ParleyClient

type Answer<Call> = Call extends (...args: never) => Promise<infer Value> ? Plain<Value> : never

export type ListedConversation = Answer<HttpApi["conversations"]["list"]>["items"][number]
export type Folder = Answer<HttpApi["list"]["folders"]>[number]
export type Marks = Omit<Parameters<HttpApi["list"]["mark"]>[0], "id">
export type Found = Answer<HttpApi["list"]["search"]>
export type Highlight = Found["conversations"][number]["highlights"][number]
export type WhoAmI = Answer<HttpApi["session"]["whoAmI"]>
export type Conversation = Answer<HttpApi["conversations"]["get"]>
export type Member = Answer<HttpApi["conversations"]["members"]>[number]
export type Message = Answer<HttpApi["conversations"]["messages"]>["items"][number]
export type Part = Message["content"][number]
export type ToolResult = Extract<Part, { readonly type: "tool-result" }>
export type UserPart = Parameters<HttpApi["conversations"]["send"]>[0]["content"][number]
export type Usage = NonNullable<Message["usage"]>
export type UserContent = Parameters<HttpApi["conversations"]["send"]>[0]["content"]
export type ConversationInput = NonNullable<Parameters<HttpApi["conversations"]["create"]>[0]>
export type ModelParameters = NonNullable<ConversationInput["parameters"]>
export type InvitePreview = Answer<HttpApi["invites"]["previewInvite"]>
export type Prompt = Answer<HttpApi["prompts"]["list"]>[number]
export type PromptInput = Parameters<HttpApi["prompts"]["create"]>[0]
export type Share = Answer<HttpApi["shares"]["listShares"]>[number]
export type SharedConversation = Answer<HttpApi["shares"]["shared"]>
