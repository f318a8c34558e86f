/**
 * Puts a text on the clipboard. Over plain HTTP to another machine browsers have no `navigator.clipboard`; there it is copied as a selection is.
 * False when the browser refuses that too.
 */
export const copyText = async (text: string): Promise<boolean> => {
  // Not there at all without a secure context, whatever the types say.
  const clipboard: Clipboard | undefined = Reflect.get(navigator, "clipboard")
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text)
      return true
    }
  } catch {
    // Refused, by a policy or for want of focus.
  }
  return copySelected(text)
}

/** By way of what is selected, which is as before afterwards; the focus stays where it is. */
const copySelected = (text: string): boolean => {
  const selection = getSelection()
  if (selection === null) return false
  const before = Array.from({ length: selection.rangeCount }, (_, index) => selection.getRangeAt(index))
  const carrier = document.createElement("pre")
  carrier.className = "visually-hidden"
  carrier.textContent = text
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text)
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  document.body.append(carrier)
  document.addEventListener("copy", fill, true)
  try {
    selection.selectAllChildren(carrier)
    return document.execCommand("copy")
  } catch {
    return false
  } finally {
    document.removeEventListener("copy", fill, true)
    carrier.remove()
    selection.removeAllRanges()
    for (const range of before) selection.addRange(range)
  }
}
