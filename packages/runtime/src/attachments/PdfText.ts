/**
 * The text of a PDF, read by a process of its own for each: whoever wrote the file decides what reading it costs, so the kernel bounds the memory
 * and the CPU of that process, which has none of this one's environment, may write nothing and start nothing, and is killed when it takes too long.
 */
import { spawn, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Context, Effect, Layer, Schema, Semaphore } from "effect"
import { Busy, InvalidRequest, Unavailable } from "@parley/domain/Errors"

export interface PdfBounds {
  readonly maxPages: number
  /** Of the text, in UTF-16 code units; the rest is left out, with a note. */
  readonly maxCharacters: number
  /** From the start of the process to its end. */
  readonly maxMs: number
  /** Of what the process writes to, its heap and buffers; and of its heap alone, which also holds where the kernel does not count. */
  readonly maxMegabytes: number
  readonly maxHeapMegabytes: number
  /** Processes at once, and files that wait for one. */
  readonly maxAtOnce: number
  readonly maxWaiting: number
}

export const PdfBounds = Context.Reference<PdfBounds>("@parley/runtime/attachments/PdfBounds", {
  defaultValue: () => ({
    maxPages: 1_000,
    maxCharacters: 200_000,
    maxMs: 20_000,
    maxMegabytes: 512,
    maxHeapMegabytes: 256,
    maxAtOnce: 2,
    maxWaiting: 6
  })
})

const retryAfterMs = 2_000
/** Of what the process says, in bytes: a code unit takes at most six in JSON. */
const bytesPerCharacter = 6
const maxEnvelopeBytes = 4_096
/** Of its standard error, for the log. */
const maxErrorCharacters = 2_000

/** What the process tells, as JSON. */
export const PdfOutcome = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("too-many-pages"), pages: Schema.Int }),
  Schema.Struct({ kind: Schema.Literals(["encrypted", "broken", "no-text", "too-much-memory"]) })
])
export type PdfOutcome = typeof PdfOutcome.Type
const decodeOutcome = Schema.decodeUnknownEffect(Schema.fromJsonString(PdfOutcome))

export class PdfText extends Context.Service<
  PdfText,
  {
    /** InvalidRequest: it is encrypted, broken, has no text, or needs more than the bounds give. */
    readonly read: (content: Uint8Array) => Effect.Effect<string, InvalidRequest | Busy | Unavailable>
  }
>()("@parley/runtime/attachments/PdfText") {
  static readonly layer: Layer.Layer<PdfText> = Layer.effect(
    PdfText,
    Effect.gen(function* () {
      const bounds = yield* PdfBounds
      const permits = yield* Semaphore.make(bounds.maxAtOnce)
      let asked = 0
      return PdfText.of({
        read: Effect.fn("PdfText.read")(function* (content) {
          if (asked >= bounds.maxAtOnce + bounds.maxWaiting) return yield* tooMany
          asked++
          return yield* Effect.ensuring(
            permits.withPermits(1)(readOne(bounds, content)),
            Effect.sync(() => asked--)
          )
        })
      })
    })
  )
}

const tooMany = new Busy({ message: "too many PDF files are read at once; try again in a moment", retryAfterMs })

const refused = (message: string) => new InvalidRequest({ message, issues: [{ path: "payload", message }] })

const tooSlow = ({ maxMs }: PdfBounds) =>
  refused(`Reading the PDF takes longer than ${maxMs / 1_000} s. Save it anew with "print to PDF", or split it.`)
const tooHeavy = ({ maxMegabytes }: PdfBounds) =>
  refused(`Reading the PDF takes more than ${maxMegabytes} MB of memory. Save it anew with "print to PDF", or split it.`)

const readOne = Effect.fnUntraced(function* (bounds: PdfBounds, content: Uint8Array) {
  const ended = yield* Effect.timeoutOrElse(runProcess(bounds, content), {
    duration: bounds.maxMs,
    orElse: () => Effect.fail(tooSlow(bounds))
  })
  // The kernel's bound on CPU ends it by SIGXCPU or SIGKILL, a memory that is not had by SIGABRT, SIGTRAP or SIGSEGV.
  if (ended.signal === "SIGXCPU" || ended.signal === "SIGKILL") return yield* tooSlow(bounds)
  if (ended.signal !== null) return yield* tooHeavy(bounds)
  const outcome = yield* Effect.catch(decodeOutcome(ended.output), () => cannotRead(ended))
  switch (outcome.kind) {
    case "text":
      return outcome.text
    case "too-many-pages":
      return yield* refused(`The PDF has ${outcome.pages} pages; at most ${bounds.maxPages} are taken. Split it.`)
    case "encrypted":
      return yield* refused("The PDF is encrypted. Save it without its password and upload that.")
    case "no-text":
      return yield* refused(
        "The PDF has no text, only images (a scan?). Run text recognition (OCR) on it, or upload its pages as images."
      )
    case "broken":
      return yield* refused('The PDF is broken and cannot be read. Save it anew with "print to PDF" and upload that.')
    case "too-much-memory":
      return yield* tooHeavy(bounds)
  }
})

const cannotRead = ({ code, error }: Ended) =>
  Effect.andThen(
    Effect.logError("The process that reads PDF files did not answer").pipe(Effect.annotateLogs({ code, error })),
    Effect.fail(new Unavailable({ message: "PDF files cannot be read now", retryAfterMs, workMayHaveHappened: false }))
  )

interface Ended {
  readonly output: string
  readonly error: string
  readonly code: number | null
  readonly signal: string | null
}

const script = fileURLToPath(new URL("./readPdfInProcess.ts", import.meta.url))
/** Seconds of CPU, kilobytes of what it may write to, no core dump; then Node takes the shell's place. */
const limited = 'ulimit -c 0; ulimit -t "$1" && ulimit -d "$2" && shift 2 && exec "$@"'
const bytesPerKilobyte = 1_024

/** Interrupted, it has ended. */
const runProcess = (bounds: PdfBounds, content: Uint8Array): Effect.Effect<Ended> =>
  Effect.callback<Ended>((resume) => {
    const child = spawn(
      "/bin/sh",
      [
        "-c",
        limited,
        "sh",
        String(Math.ceil(bounds.maxMs / 1_000) + 1),
        String(bounds.maxMegabytes * bytesPerKilobyte),
        process.execPath,
        `--max-old-space-size=${bounds.maxHeapMegabytes}`,
        "--permission",
        "--allow-fs-read=*",
        "--no-warnings",
        script,
        String(bounds.maxPages),
        String(bounds.maxCharacters)
      ],
      { env: {}, stdio: ["pipe", "pipe", "pipe"] }
    )
    const output: Array<Buffer> = []
    let left = bounds.maxCharacters * bytesPerCharacter + maxEnvelopeBytes
    let error = ""
    child.stdout.on("data", (chunk: Buffer) => {
      left -= chunk.byteLength
      if (left >= 0) output.push(chunk)
      else child.kill("SIGKILL")
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      error = (error + chunk).slice(0, maxErrorCharacters)
    })
    // It may end before it has read everything.
    child.stdin.on("error", () => undefined)
    child.once("error", ({ message }) => resume(Effect.succeed({ output: "", error: message, code: null, signal: null })))
    child.once("close", (code, signal) =>
      resume(Effect.succeed({ output: Buffer.concat(output).toString("utf8"), error, code, signal }))
    )
    child.stdin.end(content)
    return Effect.promise(() => killed(child))
  })

const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })
