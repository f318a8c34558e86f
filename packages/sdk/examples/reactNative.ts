/** React Native has no `online` and `visibilitychange` events: its AppState wakes the client, its storage keeps the outbox. */
import { AppState } from "react-native"
import { createClient } from "@parley/sdk"
import type { OutboxStorage } from "@parley/sdk"

export const nativeClient = (apiKey: string, outbox: OutboxStorage) =>
  createClient({
    url: "https://chat.example.com",
    apiKey,
    outbox,
    platform: {
      watch: ({ wake }) => {
        const listening = AppState.addEventListener("change", (state) => {
          if (state === "active") wake()
        })
        return () => listening.remove()
      }
    }
  })
