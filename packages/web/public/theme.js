// Runs before the first paint: the chosen theme and language, so that nothing flashes.
try {
  const chosen = localStorage.getItem("parley.theme")
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen
  const language = localStorage.getItem("parley.language")
  if (language !== null && /^[a-z]{2}$/.test(language)) document.documentElement.lang = language
} catch {
  // Storage is refused: the system's theme it is.
}

// A file of the app that does not come, for the network broke off or the browser gave it up, would leave the splash for ever: the page is loaded
// once more by itself, and then it is told. The catalogues of the app have not come either.
const loadedAgainKey = "parley.loaded-again"
// So long after that it is loaded once more again, in milliseconds.
const loadedAgainForMs = 60_000
const notLoaded = {
  en: ["Parley could not be loaded", "A part of it did not come. What you wrote is still there.", "Try again"],
  de: [
    "Parley konnte nicht geladen werden",
    "Ein Teil davon ist nicht angekommen. Was Sie geschrieben haben, ist noch da.",
    "Erneut versuchen"
  ]
}

const loadAgain = () => {
  try {
    if (Date.now() - Number(sessionStorage.getItem(loadedAgainKey)) < loadedAgainForMs) return false
    sessionStorage.setItem(loadedAgainKey, String(Date.now()))
  } catch {
    // Nobody would know that it was tried.
    return false
  }
  location.reload()
  return true
}

const tellNotLoaded = () => {
  const language = [document.documentElement.lang, navigator.language.slice(0, 2)].includes("de") ? "de" : "en"
  const [title, hint, again] = notLoaded[language]
  const part = (name, text) => Object.assign(document.createElement(name), { textContent: text })
  const button = Object.assign(part("button", again), { type: "button", className: "button", onclick: () => location.reload() })
  button.dataset.kind = "primary"
  const told = Object.assign(document.createElement("div"), { role: "alert" })
  told.append(part("h1", title), part("p", hint))
  const page = Object.assign(document.createElement("main"), { className: "empty-page", lang: language })
  page.append(told, button)
  document.getElementById("root").replaceChildren(page)
}

addEventListener(
  "error",
  ({ target }) => {
    // Without its style the app can be used; a part's own, which comes later, is no reason to load the page.
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet" && document.readyState !== "complete") loadAgain()
    if (!(target instanceof HTMLScriptElement) || loadAgain()) return
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", tellNotLoaded)
    else tellNotLoaded()
  },
  true
)
