import { useSyncExternalStore } from "react"
import { texts, type Text } from "./texts.ts"

/** The texts of the present language; renders again when it changes. */
export const useText = (): Text => useSyncExternalStore(texts.subscribe, texts.text)

export type { Text } from "./texts.ts"
