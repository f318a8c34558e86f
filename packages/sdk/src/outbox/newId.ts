const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
const timeDigits = 10
const randomDigits = 16

/** In the form of all of Parley's ids, so that they sort by time; random enough that no two devices ever make the same. */
export const newId = (
  prefix: "cnv" | "sdk",
  { nowMs, random }: { readonly nowMs: () => number; readonly random: () => number }
): string => {
  let text = ""
  for (let rest = nowMs(); text.length < timeDigits; rest = Math.floor(rest / 32)) text = alphabet.charAt(rest % 32) + text
  while (text.length < timeDigits + randomDigits) text += alphabet.charAt(random() * 32)
  return `${prefix}_${text}`
}
