// Draws what the page asks for. It runs in a frame of an opaque origin whose policy lets it load nothing: whatever a diagram's source makes
// Mermaid do, it can reach neither the page nor the network.
/* global mermaid */
const drawing = document.getElementById("drawing")
const say = (answer) => parent.postMessage(answer, "*")
/** Above and below it, in CSS pixels: as index.html has it. */
const around = 32
let count = 0

const draw = async (source, dark) => {
  try {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: dark ? "dark" : "neutral",
      fontFamily: "system-ui, sans-serif"
    })
    const { svg } = await mermaid.render(`diagram${++count}`, source)
    drawing.innerHTML = svg
    document.documentElement.style.colorScheme = dark ? "dark" : "light"
    say({ type: "drawn", height: wholeHeight(drawing.firstElementChild) })
  } catch {
    say({ type: "failed" })
  }
}

/** What it takes to show it unscaled, or as wide as the page is: in CSS pixels, with the room around it. */
const wholeHeight = (svg) => {
  const box = svg.viewBox.baseVal
  const { height, width } = box?.width > 0 ? box : svg.getBoundingClientRect()
  return around + height * Math.min(1, drawing.clientWidth / width)
}

addEventListener("message", ({ data, source }) => {
  if (source === parent && data?.type === "draw" && typeof data.source === "string") draw(data.source, data.dark === true)
})
say({ type: "ready" })
