/** What every part of the signed-in app may use. One object for as long as one is signed in. */
import { createContext, useContext } from "react"
import type { ConversationLists } from "../client/ConversationLists.ts"
import type { Folder, Parley, WhoAmI } from "../client/sdk.ts"
import type { Unread } from "../client/Unread.ts"

/** The dialogs, of which one is open at a time. */
export type OpenDialog =
  | { readonly dialog: "new-folder"; readonly conversationId?: string }
  | { readonly dialog: "rename-folder"; readonly folder: Folder }
  | { readonly dialog: "settings" }
  | { readonly dialog: "shortcuts" }
  | { readonly dialog: "palette" }
  | { readonly dialog: "people"; readonly conversationId: string }
  | { readonly dialog: "share"; readonly conversationId: string; readonly messageId: string | undefined }
  | { readonly dialog: "parameters"; readonly conversationId: string }

export interface AppValue {
  readonly parley: Parley
  readonly lists: ConversationLists
  readonly unread: Unread
  readonly me: WhoAmI
  /** Takes part in the room of an invitation: is offered nothing that is refused to them. */
  readonly isGuest: boolean
  readonly open: (dialog: OpenDialog) => void
  readonly startNew: () => void
  readonly signOut: () => void
  /** Tells an error that no part of the page shows by itself. */
  readonly report: (error: unknown) => void
}

const AppContext = createContext<AppValue | undefined>(undefined)

export const AppProvider = AppContext.Provider

export const useApp = (): AppValue => {
  const value = useContext(AppContext)
  if (value === undefined) throw new Error("useApp is for parts of the signed-in app")
  return value
}
