const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

const names: Readonly<Record<string, string>> = isApple
  ? { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "↵", Escape: "Esc", ArrowUp: "↑" }
  : { Mod: "Ctrl", Shift: "Shift", Alt: "Alt", Enter: "Enter", Escape: "Esc", ArrowUp: "↑" }

/** A shortcut such as `Mod+Shift+O`, as the keys are called on this machine. */
export const Keys = ({ of }: { readonly of: string }) => <kbd>{keysText(of)}</kbd>

export const keysText = (keys: string): string =>
  keys
    .split("+")
    .map((key) => names[key] ?? key)
    .join(isApple ? "" : "+")
