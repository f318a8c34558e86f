import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { HttpSyntaxError } from "../../src/http1/ResponseHead.ts"
import { maxChunkLineBytes, maxHeadBytes, ResponseParser } from "../../src/http1/ResponseParser.ts"

interface Parsed {
  readonly status: number | undefined
  readonly body: string
  readonly isDone: boolean
  readonly endsWithConnection: boolean
}

const parse = (bytes: Buffer, places: ReadonlyArray<number>): Parsed => {
  const parser = new ResponseParser()
  const buffer = Buffer.alloc(bytes.length + 16, "x")
  let body = ""
  let from = 0
  for (const to of [...places, bytes.length]) {
    bytes.copy(buffer, 0, from, to)
    parser.read(buffer, to - from)
    body += buffer.toString("latin1", parser.payloadStart, parser.payloadEnd)
    from = to
  }
  const { endsWithConnection, head, isDone } = parser
  return { status: head?.status, body, isDone, endsWithConnection }
}

const whole = (text: string): Parsed => parse(Buffer.from(text, "latin1"), [])
const ok = "HTTP/1.1 200 OK\r\n"

const answers: ReadonlyArray<readonly [says: string, text: string, expected: Partial<Parsed>]> = [
  ["a body of a length", `${ok}content-length: 5\r\n\r\nhello`, { status: 200, body: "hello", isDone: true }],
  ["no body at all", `${ok}content-length: 0\r\n\r\n`, { body: "", isDone: true }],
  ["a length that is said twice", `${ok}Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi`, { body: "hi", isDone: true }],
  [
    "chunks",
    `${ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n \r\n00A\r\n0123456789\r\n0\r\n\r\n`,
    { body: "hello 0123456789", isDone: true }
  ],
  [
    "chunks with extensions and blanks",
    `${ok}Transfer-Encoding: Chunked\r\n\r\n3;a="b"\r\nabc\r\n2  \r\nde\r\n0;end\r\n\r\n`,
    { body: "abcde", isDone: true }
  ],
  [
    "fields after the last chunk",
    `${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n`,
    { body: "abc", isDone: true }
  ],
  [
    "what comes before the answer",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${ok}content-length: 2\r\n\r\nhi`,
    { status: 200, body: "hi", isDone: true }
  ],
  ["204, which has no body", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "", isDone: true }],
  [
    "a body that ends with the connection",
    `${ok}\r\nto the end`,
    { body: "to the end", isDone: false, endsWithConnection: true }
  ],
  ["a status without its words", "HTTP/1.1 503\r\ncontent-length: 1\r\n\r\n!", { status: 503, body: "!", isDone: true }],
  ["half of a body", `${ok}content-length: 50\r\n\r\nhalf`, { body: "half", isDone: false, endsWithConnection: false }]
]

describe("an answer", () => {
  it.each(answers)("of %s is read, and is the same wherever its bytes are cut in two or three", (_says, text, expected) => {
    const bytes = Buffer.from(text, "latin1")
    const parsed = parse(bytes, [])
    assert.deepInclude(parsed, expected)
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second += 7) {
        assert.deepStrictEqual(parse(bytes, [first, second]), parsed, `cut at ${first} and ${second}`)
      }
    }
    assert.deepStrictEqual(parse(bytes, [...bytes.keys()]), parsed)
  })

  it.prop(
    "in chunks of any size is its body again, however it is cut",
    [
      Schema.Array(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(40))),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })))
    ],
    ([pieces, cuts]) => {
      const framed = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join("")
      const bytes = Buffer.from(`${ok}transfer-encoding: chunked\r\n\r\n${framed}0\r\n\r\n`)
      const places = cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b)
      const parsed = parse(bytes, places)
      assert.strictEqual(parsed.body, pieces.map((piece) => Buffer.from(piece).toString("latin1")).join(""))
      assert.isTrue(parsed.isDone)
    }
  )

  it("gives its headers in lower case, several of a name in their order, whatever they are called", () => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(`${ok}X-A:  1 \r\nx-a: 2\r\nX-A: 3\r\nconstructor: c\r\n__proto__: p\r\ncontent-length: 0\r\n\r\n`)
    parser.read(bytes, bytes.length)
    assert.deepStrictEqual(parser.head?.headers["x-a"], ["1", "2", "3"])
    assert.strictEqual(parser.head?.headers["constructor"], "c")
    assert.strictEqual(parser.head?.headers["__proto__"], "p")
  })

  const kept: ReadonlyArray<readonly [head: string, isKept: boolean, keptMs: number | undefined]> = [
    [ok, true, undefined],
    [`${ok}connection: close\r\n`, false, undefined],
    [`${ok}connection: Keep-Alive\r\nkeep-alive: timeout=5, max=100\r\n`, true, 5_000],
    ["HTTP/1.0 200 OK\r\n", false, undefined],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", true, undefined]
  ]
  it.each(kept)("says whether its connection may be used again: %j", (head, isKept, keptMs) => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(`${head}content-length: 0\r\n\r\n`)
    parser.read(bytes, bytes.length)
    assert.deepInclude(parser.head, { isKept, keptMs })
  })

  it("in chunks from a server of HTTP/1.0, which knows none, is read and its connection not used again", () => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(
      "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    )
    parser.read(bytes, bytes.length)
    assert.isTrue(parser.isDone)
    assert.isFalse(parser.head?.isKept)
  })

  it("that is followed by bytes of nobody's says so", () => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(`${ok}content-length: 2\r\n\r\nhi!`)
    parser.read(bytes, bytes.length)
    assert.isTrue(parser.isDone)
    assert.isTrue(parser.hasExcess)
    assert.strictEqual(parser.payloadEnd - parser.payloadStart, 2)
  })

  const long = (length: number) => "a".repeat(length)
  const malformed: ReadonlyArray<readonly [says: string, text: string]> = [
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["another protocol from here on", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
    ["a header without a name", `${ok}: 1\r\n\r\n`],
    ["a header that goes on in the next line", `${ok}a: 1\r\n 2\r\n\r\n`],
    ["a line feed alone", `${ok}a: 1\nb: 2\r\n\r\n`],
    ["a zero byte in a header", `${ok}a: \0\r\n\r\n`],
    ["a vertical tab in a header", `${ok}a: 1\v\r\n\r\n`],
    ["a length with a no-break space", `${ok}content-length: 1\xa0\r\n\r\n`],
    ["an encoding with a no-break space", `${ok}transfer-encoding: \xa0chunked\r\n\r\n`],
    ["two lengths", `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\n`],
    ["a length that is no number", `${ok}content-length: 1, 1\r\n\r\n`],
    ["a negative length", `${ok}content-length: -1\r\n\r\n`],
    ["a length and chunks", `${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`],
    ["another encoding", `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
    ["a chunk without a length", `${ok}transfer-encoding: chunked\r\n\r\n\r\n`],
    ["a chunk's length that is no number", `${ok}transfer-encoding: chunked\r\n\r\nxy\r\n`],
    ["a chunk's length with a sign", `${ok}transfer-encoding: chunked\r\n\r\n-1\r\n`],
    ["a chunk of more than four gigabytes", `${ok}transfer-encoding: chunked\r\n\r\n100000000\r\n`],
    ["a chunk that is longer than it says", `${ok}transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n`],
    ["a chunk's line that ends with a line feed alone", `${ok}transfer-encoding: chunked\r\n\r\n2\nab\r\n`],
    ["a chunk's extension that ends with a line feed alone", `${ok}transfer-encoding: chunked\r\n\r\n2;x\nab\r\n`],
    ["a chunk's extension past its bound", `${ok}transfer-encoding: chunked\r\n\r\n2;${long(maxChunkLineBytes + 1)}`],
    ["a head past its bound", `${ok}a: ${long(maxHeadBytes)}`],
    ["a whole head past its bound", `${ok}a: ${long(maxHeadBytes)}\r\n\r\n`],
    ["trailers past their bound", `${ok}transfer-encoding: chunked\r\n\r\n0\r\na: ${long(maxHeadBytes)}`]
  ]
  it.each(malformed)("of %s is refused, in one piece or byte by byte", (_says, text) => {
    assert.throws(() => whole(text), HttpSyntaxError)
    const bytes = Buffer.from(text, "latin1")
    assert.throws(() => parse(bytes, [...bytes.keys()]), HttpSyntaxError)
  })

  it("that goes wrong in the middle gives what came before it", () => {
    const parser = new ResponseParser()
    const bytes = Buffer.from(`${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\nnothing`)
    assert.throws(() => parser.read(bytes, bytes.length), HttpSyntaxError)
    assert.strictEqual(bytes.toString("latin1", parser.payloadStart, parser.payloadEnd), "abcdef")
  })
})
