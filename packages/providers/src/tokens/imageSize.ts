/** How large a picture is, out of the first bytes of its `data:` URL. An address is not fetched for it. */
export interface ImageSize {
  readonly widthPixels: number
  readonly heightPixels: number
}

/** Enough for the headers of PNG and GIF, and for a JPEG whose preview is not huge. Base64 characters. */
const maxHeadChars = 64 * 1_024

export const imageSizeOf = (url: string): ImageSize | undefined => {
  const inline = /^data:image\/(png|jpeg|gif);base64,/.exec(url.slice(0, 40))
  if (inline === null) return undefined
  const bytes = Buffer.from(url.slice(inline[0].length, inline[0].length + maxHeadChars), "base64")
  const size = readers[inline[1] ?? ""]?.(bytes)
  return size !== undefined && size.widthPixels > 0 && size.heightPixels > 0 ? size : undefined
}

const readers: Readonly<Record<string, (bytes: Buffer) => ImageSize | undefined>> = {
  png: (bytes) => (bytes.length < 24 ? undefined : { widthPixels: bytes.readUInt32BE(16), heightPixels: bytes.readUInt32BE(20) }),
  gif: (bytes) => (bytes.length < 10 ? undefined : { widthPixels: bytes.readUInt16LE(6), heightPixels: bytes.readUInt16LE(8) }),
  jpeg: (bytes) => jpegSize(bytes)
}

/** The size stands in the segment that begins the frame; the ones before it are stepped over. */
const jpegSize = (bytes: Buffer): ImageSize | undefined => {
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { heightPixels: bytes.readUInt16BE(at + 5), widthPixels: bytes.readUInt16BE(at + 7) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
