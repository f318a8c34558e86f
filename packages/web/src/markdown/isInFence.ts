/** Whether whole lines end within a block of code. */
export const isInFence = (text: string): boolean => {
  let fence: string | undefined
  for (const match of text.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)) {
    const [, marker = "", info = ""] = match
    if (fence === undefined) fence = marker
    else if (marker.startsWith(fence) && info.trim() === "") fence = undefined
  }
  return fence !== undefined
}
