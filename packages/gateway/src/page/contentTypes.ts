/** What files of the app are, by their extensions; another is not served. */
const text = (type: string) => `${type}; charset=utf-8`

export const contentTypes: ReadonlyMap<string, string> = new Map([
  [".html", text("text/html")],
  [".js", text("text/javascript")],
  [".mjs", text("text/javascript")],
  [".css", text("text/css")],
  [".json", text("application/json")],
  [".webmanifest", text("application/manifest+json")],
  [".map", text("application/json")],
  [".txt", text("text/plain")],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".webp", "image/webp"],
  [".avif", "image/avif"],
  [".gif", "image/gif"],
  [".ico", "image/x-icon"],
  [".woff", "font/woff"],
  [".woff2", "font/woff2"],
  [".ttf", "font/ttf"],
  [".wasm", "application/wasm"],
  [".mp3", "audio/mpeg"]
])

/** Those that are small already are sent as they are. */
export const isCompressible = (contentType: string): boolean =>
  /^(text\/|application\/(json|manifest\+json|wasm)|image\/(svg\+xml|x-icon)|font\/ttf)/.test(contentType)
