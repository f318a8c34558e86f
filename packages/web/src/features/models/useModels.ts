import { useMemo, useSyncExternalStore } from "react"
import type { Model } from "../../client/listModels.ts"
import { Value } from "../../client/Value.ts"
import { knownModels } from "./knownModels.ts"

/** What can be asked, as far as it is known. */
export const useModels = (): ReadonlyArray<Model> => useSyncExternalStore(knownModels.subscribe, knownModels.getSnapshot)

export const useModelIds = (): ReadonlyArray<string> => {
  const models = useModels()
  return useMemo(() => models.map(({ id }) => id), [models])
}

const chosenKey = "parley.model"

const readChosen = (): string | undefined => {
  try {
    return localStorage.getItem(chosenKey) ?? undefined
  } catch {
    return undefined
  }
}

/** Read when it is first asked for: whoever chooses, in the page or in the palette, chooses for both. */
let chosenValue: Value<string | undefined> | undefined
const chosenModel = (): Value<string | undefined> => (chosenValue ??= new Value(readChosen()))
const subscribeChosen = (listener: () => void): (() => void) => chosenModel().subscribe(listener)
const getChosen = (): string | undefined => chosenModel().getSnapshot()

export const chooseModel = (id: string): void => {
  chosenModel().set(id)
  try {
    localStorage.setItem(chosenKey, id)
  } catch {
    // Storage is refused: it holds as long as the page.
  }
}

/** What new conversations ask: the one that was chosen last, while there is such a one (or nobody says what there is), else the server's first. */
export const useChosenModel = (): readonly [string | undefined, (id: string) => void] => {
  const known = useModels()
  const chosen = useSyncExternalStore(subscribeChosen, getChosen)
  const present = known.length === 0 || known.some(({ id }) => id === chosen) ? chosen : known[0]?.id
  return [present, chooseModel]
}
