/** The message that the address names after its `#`: where a conversation is to be opened. */
import { useLocationProperty } from "wouter/use-browser-location"

const hash = (): string => location.hash

export const useTarget = (): string | undefined => /^#(msg_[0-9a-z]+)$/.exec(useLocationProperty(hash))?.[1]

/** It was shown: whoever asks for the same one again is brought there again. */
export const dropTarget = (): void => history.replaceState(history.state, "", location.pathname)
