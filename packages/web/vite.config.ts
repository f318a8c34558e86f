/** How the app is built and, while one works on it, served. */
import react from "@vitejs/plugin-react"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"
import { appFiles } from "./build/appFiles.ts"

/** Where the gateway listens while one works on the app. */
const gateway = process.env.PARLEY_URL ?? "http://127.0.0.1:8787"
const proxy = Object.fromEntries(
  ["/api", "/v1", "/ws"].map((path) => [path, { target: gateway, ws: path === "/ws", changeOrigin: true }])
)

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** What browsers understand that light-dark(), nesting and `field-sizing`'s fallback are written for. */
const browsers = ["chrome123", "edge123", "firefox128", "safari17.5"]

/** The worker, a program of its own, and the page's entry. */
const apart = ["sw/", "index.html", "src/main.tsx"].map(here)

/**
 * What the first page needs is two scripts: left to itself, what it shares with each part that comes later is a file of its own, forty in all,
 * and 15 KB more. The libraries' one stays in the browser where only the app is new.
 */
const firstLoad = [
  { name: "libraries", tags: ["$initial" as const], test: /\/node_modules\//, priority: 1 },
  { name: "app", tags: ["$initial" as const], test: (id: string) => !apart.some((path) => id.startsWith(path)) }
]

export default defineConfig({
  root: here("."),
  plugins: [react(), appFiles()],
  build: {
    target: browsers,
    cssTarget: browsers,
    // A policy without `data:` for fonts and scripts: every file is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      input: { index: here("index.html"), sw: here("sw/sw.ts") },
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        codeSplitting: { groups: firstLoad }
      }
    }
  },
  server: { proxy, port: 5173 },
  preview: { proxy }
})
