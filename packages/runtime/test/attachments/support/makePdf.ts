/** Small PDF files by hand: their objects in order, the first being the catalog. Readers find them without a table of references. */
export const pdfOf = (objects: ReadonlyArray<string>, trailer = ""): Uint8Array<ArrayBuffer> => {
  const body = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join("")
  return new Uint8Array(Buffer.from(`%PDF-1.4\n${body}trailer\n<< /Root 1 0 R ${trailer} >>\n`, "latin1"))
}

export const streamOf = (content: string, entries = ""): string =>
  `<< ${entries} /Length ${content.length} >>\nstream\n${content}\nendstream`

const catalog = "<< /Type /Catalog /Pages 2 0 R >>"
const font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
const pageOf = (contents: number): string =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${contents} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`

/** One page for each content, which is a stream object. */
export const pagesOf = (streams: ReadonlyArray<string>, trailer = ""): Uint8Array<ArrayBuffer> => {
  const kids = streams.map((_, index) => `${4 + index * 2} 0 R`).join(" ")
  return pdfOf(
    [
      catalog,
      `<< /Type /Pages /Kids [${kids}] /Count ${streams.length} >>`,
      font,
      ...streams.flatMap((stream, index) => [pageOf(5 + index * 2), stream])
    ],
    trailer
  )
}

export const shown = (text: string): string => streamOf(`BT /F1 12 Tf 72 700 Td (${text}) Tj ET`)

/** One page for each text. */
export const makePdf = (...texts: ReadonlyArray<string>): Uint8Array<ArrayBuffer> => pagesOf(texts.map(shown))
