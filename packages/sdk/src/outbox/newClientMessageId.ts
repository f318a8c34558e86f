const digits = (random: () => number): string =>
  Math.floor(random() * 2 ** 50)
    .toString(36)
    .padStart(10, "0")

/** Random enough that no two devices ever make the same. */
export const newClientMessageId = ({ nowMs, random }: { readonly nowMs: () => number; readonly random: () => number }): string =>
  `sdk_${nowMs().toString(36)}_${digits(random)}${digits(random)}`
