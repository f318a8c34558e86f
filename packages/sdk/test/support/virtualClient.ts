/** A client on virtual surroundings, welcomed on its first socket. */
import { createClient } from "../../src/sdk.ts"
import type { ClientOptions } from "../../src/sdk.ts"
import { conversation, conversationId } from "./ModelServer.ts"
import { settled, VirtualPlatform } from "./VirtualPlatform.ts"
import type { VirtualSocket } from "./VirtualPlatform.ts"

export const welcome = { type: "welcome", protocol: "parley.v1", requestId: "req_1", heartbeatMs: 30_000 }

export const virtualClient = (options: ClientOptions = {}, platform = new VirtualPlatform()) => {
  const errors: Array<unknown> = []
  const client = createClient({
    url: "http://model",
    apiKey: "pk_model",
    platform,
    onError: (error) => errors.push(error),
    ...options
  })
  return { client, errors, platform }
}

export const opened = async (options: ClientOptions = {}, platform?: VirtualPlatform) => {
  const made = virtualClient(options, platform)
  made.client.connect()
  await settled()
  made.platform.socket.receive(welcome)
  await settled()
  return made
}

/** Answers the last command of this type. */
export const answer = async (socket: VirtualSocket, type: string, reply: Record<string, unknown>): Promise<void> => {
  const command = socket.frames().findLast((frame) => frame["type"] === type)
  if (command === undefined) throw new Error(`no ${type} among ${socket.toServer.join(" ")}`)
  socket.receive({ ...reply, id: command["id"] })
  await settled()
}

export const roomSnapshot = (messages: ReadonlyArray<object> = [], seq = 1) => ({
  type: "room-snapshot",
  conversationId,
  seq,
  conversation,
  members: [],
  messages,
  activeRun: null
})
