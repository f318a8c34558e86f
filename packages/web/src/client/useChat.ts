import { useEffect, useState } from "react"
import { afterKept } from "./afterKept.ts"
import { keepChat, keptChat, type KeptChat } from "./kept.ts"
import { parley } from "./parley.ts"
import type { Chat, ChatState } from "./sdk.ts"
import { useSnapshot } from "./useSnapshot.ts"

/** A conversation that has been quiet for so long is kept. */
const keepAfterMs = 800

/**
 * The conversation and what is known of it: from the server, else as it was seen last on this device. It stays followed while the app is
 * open, so that coming back shows it at once.
 */
export const useChat = (id: string): readonly [Chat, ChatState] => {
  const chat = parley.conversation(id)
  const state = useSnapshot(chat)
  const kept = useKept(id, state.conversation === null)
  useEffect(() => {
    if (state.status !== "live" || state.activeRun !== null || state.hasNewer) return
    // Without room on the device the next visit waits for the network.
    const keep = () => void keepChat(id, state).catch(() => {})
    const timer = setTimeout(keep, keepAfterMs)
    // What was seen in the last moment before the page goes, too.
    addEventListener("pagehide", keep)
    return () => {
      clearTimeout(timer)
      removeEventListener("pagehide", keep)
    }
  }, [id, state])
  const isUnknown = state.conversation === null && (state.status === "loading" || state.status === "away")
  if (!isUnknown || kept === undefined) return [chat, state]
  const { conversation, members, messages } = kept
  return [chat, { ...state, status: "away", conversation, members, messages: afterKept(messages, state.messages) }]
}

const useKept = (id: string, wanted: boolean): KeptChat | undefined => {
  const [found, setFound] = useState<{ readonly id: string; readonly kept: KeptChat | undefined }>()
  useEffect(() => {
    if (!wanted) return
    let current = true
    keptChat(id).then(
      (kept) => {
        if (current) setFound({ id, kept })
      },
      () => {}
    )
    return () => {
      current = false
    }
  }, [id, wanted])
  return found?.id === id ? found.kept : undefined
}
