import { useSyncExternalStore } from "react"
import { theme } from "./theme.ts"

/** Whether what is shown is dark now, by choice or by the system. */
export const useIsDark = (): boolean => useSyncExternalStore(theme.subscribe, theme.isDark)
