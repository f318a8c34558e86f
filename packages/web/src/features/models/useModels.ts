/** What can be asked: read once, and again when the page comes back after a while. */
import { useState, useSyncExternalStore } from "react"
import { listModels, type Model } from "../../client/listModels.ts"
import { Value } from "../../client/Value.ts"

const models = new Value<ReadonlyArray<Model>>([])
let asked = false

export const useModels = (): ReadonlyArray<Model> => useSyncExternalStore(subscribe, models.getSnapshot)

const chosenKey = "parley.model"

/** What new conversations ask: the one that was chosen last, while there is such a one (or nobody says what there is), else the server's first. */
export const useChosenModel = (): readonly [string | undefined, (id: string) => void] => {
  const known = useModels()
  const [chosen, setChosen] = useState(readChosen)
  const present = known.length === 0 || known.some(({ id }) => id === chosen) ? chosen : known[0]?.id
  return [
    present,
    (id) => {
      setChosen(id)
      try {
        localStorage.setItem(chosenKey, id)
      } catch {
        // Storage is refused: it holds as long as the page.
      }
    }
  ]
}

const readChosen = (): string | undefined => {
  try {
    return localStorage.getItem(chosenKey) ?? undefined
  } catch {
    return undefined
  }
}

const subscribe = (listener: () => void): (() => void) => {
  if (!asked) {
    asked = true
    void load()
  }
  return models.subscribe(listener)
}

const load = async (): Promise<void> => {
  try {
    models.set(await listModels())
  } catch {
    // Asked again by the next one who looks; a conversation goes on with its own model.
    asked = false
  }
}
