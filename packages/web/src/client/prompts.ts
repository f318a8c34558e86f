/** The prompt library and the presets: read once, changed at once here and then on the server. */
import { useSyncExternalStore } from "react"
import { isGuestHere } from "./isGuest.ts"
import { parley } from "./parley.ts"
import type { Prompt, PromptInput } from "./sdk.ts"
import { Value } from "./Value.ts"

const all = new Value<ReadonlyArray<Prompt>>([])
let asked = false

const subscribe = (listener: () => void): (() => void) => {
  // A guest has none.
  if (!asked && !isGuestHere()) {
    asked = true
    void load()
  }
  return all.subscribe(listener)
}

const load = async (): Promise<void> => {
  try {
    all.set(await parley.api.prompts.list())
  } catch {
    // Without a network it is asked again by the next one who looks.
    asked = false
  }
}

/** Both kinds, by name. */
export const usePrompts = (): ReadonlyArray<Prompt> => useSyncExternalStore(subscribe, all.getSnapshot)

export const keepPrompt = async (id: string | undefined, input: PromptInput): Promise<void> => {
  const kept = id === undefined ? await parley.api.prompts.create(input) : await parley.api.prompts.update({ id, ...input })
  all.update((before) => [...before.filter((other) => other.id !== kept.id), kept].sort((a, b) => a.name.localeCompare(b.name)))
}

export const removePrompt = async (prompt: Prompt): Promise<void> => {
  all.update((before) => before.filter(({ id }) => id !== prompt.id))
  try {
    await parley.api.prompts.remove({ id: prompt.id })
  } catch (error) {
    all.update((before) => [...before, prompt])
    throw error
  }
}
