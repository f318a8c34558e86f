/** Rooms over three gateways: whoever came in where is told the same, in the same order. */
import type { RoomFrame } from "../../packages/domain/src/RoomFrame.ts"
import { SocketClient } from "../clients/SocketClient.ts"
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import type { Load } from "../harness/Load.ts"
import type { Parley } from "../harness/Parley.ts"
import type { Site } from "../harness/Site.ts"
import { sleep, until } from "../harness/wait.ts"

const gateways = 3
const rooms = 5
/** Remarks of each member in each room, and the pauses in which they type. */
const rounds = 8
const leastPauseMs = 20
const mostPauseMs = 250
const toldWithinMs = 30_000

/** One who is in all the rooms, over one gateway. */
interface Member {
  readonly principalId: string
  readonly socket: SocketClient
  /** What it was told of each room. */
  readonly told: ReadonlyMap<string, Array<RoomFrame>>
}

const memberOf = (site: Site, n: number, principalId: string, key: string, ids: ReadonlyArray<string>): Member => {
  const told = new Map<string, Array<RoomFrame>>(ids.map((id) => [id, []]))
  const socket = new SocketClient(
    () => site.gateways[n]?.url,
    key,
    site.clientRandom,
    (frame) => told.get(frame.conversationId)?.push(frame)
  )
  return { principalId, socket, told }
}

/** One for each gateway, members of all the rooms. */
const enter = async (site: Site, ids: ReadonlyArray<string>): Promise<ReadonlyArray<Member>> => {
  const members: Array<Member> = []
  for (let n = 0; n < gateways; n++) {
    const { apiKey, secret } = await ask<IssuedKey>(site, "/api/keys", { displayName: `member ${n}`, scopes: ["chat"] })
    for (const id of ids) await ask(site, `/api/conversations/${id}/members`, { principalId: apiKey.principalId })
    const member = memberOf(site, n, apiKey.principalId, secret, ids)
    await Promise.all(ids.map((conversationId) => member.socket.command({ type: "follow", conversationId })))
    members.push(member)
  }
  await until("each sees the others", toldWithinMs, () =>
    members.every(({ told }) => ids.every((id) => told.get(id)?.some(isFull))) ? true : undefined
  )
  return members
}

interface IssuedKey {
  readonly secret: string
  readonly apiKey: { readonly principalId: string }
}

const isFull = (frame: RoomFrame): boolean => frame.type === "presence" && frame.online.length === gateways

const ask = async <A>(site: Site, path: string, body: object): Promise<A> => {
  const response = await fetch(`${site.gateways[0]?.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.key}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return JSON.parse(await response.text())
}

/** Everybody types and says something in every room, all at once. */
const talk = async (site: Site, members: ReadonlyArray<Member>, ids: ReadonlyArray<string>, name: string): Promise<void> => {
  const one = async ({ principalId, socket }: Member, conversationId: string): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      socket.say({ type: "typing", conversationId, typing: true })
      await sleep(site.clientRandom.between(leastPauseMs, mostPauseMs))
      await socket.command({
        type: "send",
        conversationId,
        clientMessageId: `${name}-${principalId}-${round}`,
        content: [{ type: "text", text: `${name} ${round}` }],
        reply: false
      })
      socket.say({ type: "typing", conversationId, typing: false })
    }
  }
  await Promise.all(members.flatMap((member) => ids.map((id) => one(member, id))))
}

/** All remarks were told to everybody, and nobody types any more. */
const calm = (members: ReadonlyArray<Member>, ids: ReadonlyArray<string>, remarks: number): Promise<boolean> =>
  until("the rooms are calm", toldWithinMs, () => {
    const frames = members.flatMap(({ told }) => ids.map((id) => told.get(id) ?? []))
    return frames.every((all) => {
      const presence = all.findLast(({ type }) => type === "presence")
      return isQuiet(presence) && messagesOf(all).length >= remarks
    })
      ? true
      : undefined
  }).catch(() => false)

const isQuiet = (frame: RoomFrame | undefined): boolean =>
  frame?.type === "presence" && frame.typing.length === 0 && frame.online.length === gateways

const messagesOf = (frames: ReadonlyArray<RoomFrame>): ReadonlyArray<string> =>
  frames.flatMap((frame) =>
    frame.type === "room" && frame.event.type === "message-added" ? [`${frame.seq} ${frame.event.message.id}`] : []
  )

/** Messages, typing and presence from the first message on, when everybody is there. */
const allOf = (frames: ReadonlyArray<RoomFrame>): ReadonlyArray<string> =>
  frames
    .slice(frames.findIndex((frame) => frame.type === "room" && frame.event.type === "message-added"))
    .map((frame) =>
      frame.type === "room" ? `${frame.seq} ${frame.event.type}` : frame.type === "presence" ? JSON.stringify(frame) : frame.type
    )

const differing = (
  members: ReadonlyArray<Member>,
  ids: ReadonlyArray<string>,
  read: (frames: ReadonlyArray<RoomFrame>) => ReadonlyArray<string>
): number => ids.filter((id) => new Set(members.map(({ told }) => JSON.stringify(read(told.get(id) ?? [])))).size !== 1).length

/** Who has each room: the process that answers a question there. */
const ownersOf = async (site: Site, load: Load, ids: ReadonlyArray<string>): Promise<ReadonlyArray<Parley | undefined>> => {
  const turns = await Promise.all(ids.map((id) => load.ask(id, 1)))
  await until("the rooms are answered", toldWithinMs, () =>
    turns.every(({ views }) => views.every(({ isOver }) => isOver)) ? true : undefined
  )
  return turns.map(({ runId }) => site.ownerOf(runId))
}

/** Of all pairs of a member and a room, those that were told of somebody who types, and of one who does not any more. */
const sawTyping = (members: ReadonlyArray<Member>, ids: ReadonlyArray<string>, from: Told): number =>
  members
    .flatMap((member) => ids.map((id) => since(member, id, from)))
    .filter((frames) => {
      const presences = frames.filter((frame) => frame.type === "presence")
      return presences.some(({ typing }) => typing.length > 0) && presences.at(-1)?.typing.length === 0
    }).length

/** How much each member was told of each room up to a moment. */
type Told = ReadonlyMap<Member, ReadonlyMap<string, number>>

const toldUntilNow = (members: ReadonlyArray<Member>): Told =>
  new Map(members.map((member) => [member, new Map([...member.told].map(([id, frames]) => [id, frames.length]))]))

const since = (member: Member, id: string, from: Told): ReadonlyArray<RoomFrame> =>
  member.told.get(id)?.slice(from.get(member)?.get(id) ?? 0) ?? []

const inRooms = async (site: Site, load: Load) => {
  const ids = await load.createConversations(rooms)
  const owners = await ownersOf(site, load, ids)
  const members = await enter(site, ids)
  try {
    const each = gateways * rounds
    const atFirst = toldUntilNow(members)
    await talk(site, members, ids, "before")
    const isCalm = await calm(members, ids, each)
    const unlike = differing(members, ids, allOf)
    const typedBefore = sawTyping(members, ids, atFirst)
    const frames = members[0]?.told.get(ids[0] ?? "")?.length ?? 0
    const talking = talk(site, members, ids, "during")
    const victim = site.random.pick(owners)
    await victim?.stop("SIGKILL")
    await talking
    const isCalmAgain = await calm(members, ids, 2 * each)
    const atLast = toldUntilNow(members)
    await talk(site, members, ids, "after")
    const isCalmInTheEnd = await calm(members, ids, 3 * each)
    const typedAfter = sawTyping(members, ids, atLast)
    const disordered = differing(members, ids, messagesOf)
    const pairs = gateways * rooms
    const moved = owners.filter((owner) => owner === victim).length
    return [
      {
        claim: "messages, typing and presence are told to all three in the same order",
        holds: isCalm && unlike === 0 && typedBefore === pairs,
        found: `${unlike} of ${rooms} rooms differ, of some ${frames} frames each; ${typedBefore} of ${pairs} were told who types`
      },
      { claim: "the runner that is lost has a room", holds: victim !== undefined && moved > 0, found: `${moved} of ${rooms}` },
      {
        claim: "messages are in the same order for all three through the loss of a runner, and none is missing or doubled",
        holds: isCalmInTheEnd && disordered === 0 && ids.every((id) => isWhole(members[0]?.told.get(id) ?? [], 3 * each)),
        found: `${disordered} of ${rooms} rooms differ`
      },
      {
        claim: "who is here and who types is told again after it, in every room to everybody",
        holds: isCalmAgain && isCalmInTheEnd && typedAfter === pairs,
        found: `${typedAfter} of ${pairs} were told`
      }
    ]
  } finally {
    for (const { socket } of members) socket.close()
  }
}

const isWhole = (frames: ReadonlyArray<RoomFrame>, remarks: number): boolean => {
  const messages = messagesOf(frames)
  return messages.length === remarks && new Set(messages).size === remarks
}

const order: Drill = faultInTheMiddle({
  name: "rooms",
  about: "members on three gateways talk and type in the same rooms, and a runner is killed",
  site: { gateways },
  words: 300,
  fault: async (site, load) => ({ claims: await inRooms(site, load) })
})

export const roomDrills: ReadonlyArray<Drill> = [order]
