// Runs before the first paint: the chosen theme and language, so that nothing flashes.
try {
  const chosen = localStorage.getItem("parley.theme")
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen
  const language = localStorage.getItem("parley.language")
  if (language !== null && /^[a-z]{2}$/.test(language)) document.documentElement.lang = language
} catch {
  // Storage is refused: the system's theme it is.
}
