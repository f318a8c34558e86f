/** The chosen theme: light, dark, or the system's. `public/theme.js` sets it before the first paint. */
export type Theme = "light" | "dark" | "system"

export const themeKey = "parley.theme"

const system = matchMedia("(prefers-color-scheme: dark)")
const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}
system.addEventListener("change", tell)

const chosen = (): Theme => {
  const value = document.documentElement.dataset.theme
  return value === "light" || value === "dark" ? value : "system"
}

export const theme = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  chosen,
  isDark: (): boolean => (chosen() === "system" ? system.matches : chosen() === "dark"),
  choose: (next: Theme): void => {
    if (next === "system") delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
    try {
      if (next === "system") localStorage.removeItem(themeKey)
      else localStorage.setItem(themeKey, next)
    } catch {
      // Storage is refused: it holds until the page goes.
    }
    tell()
  }
}
