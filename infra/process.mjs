/** Child processes, and who gets which signal. */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"

/** npm forwards the signals that the terminal has already sent: two of a kind within this time are one. */
const sameSignalMs = 500

/** Characters of a captured output that are kept, for the error's sake. */
const keptOutputChars = 100_000

/**
 * Runs a command to its end. With `capture` its output is kept, and shown on the standard error unless `quiet`; the answer is then
 * `{ code, output, interrupted }`, else the exit code.
 */
export const run = async (command, args, options) => {
  const child = spawn(command, args, {
    cwd: options.cwd ?? process.cwd(),
    env: options.env,
    stdio: options.capture ? ["ignore", "pipe", "pipe"] : "inherit"
  })
  let output = ""
  for (const stream of options.capture ? [child.stdout, child.stderr] : []) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-keptOutputChars)
      if (!options.quiet) process.stderr.write(chunk)
    })
  }
  // On a terminal the child is in the foreground too: Ctrl-C has reached it.
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true)
  let interrupted = false
  const code = await ended(child, (signal) => {
    interrupted = true
    if (signal !== "SIGINT" || !onTerminal) child.kill(signal)
  })
  return options.capture ? { code, output, interrupted } : code
}

/**
 * Runs the server in a process group of its own, so that it gets every signal exactly once however it was sent: to the terminal's
 * group, to npm, or to this process. A second Ctrl-C is a second signal. It does not outlive this process (`lifeline.mjs`).
 */
export const runDetached = (command, args, options) => {
  const child = spawn(command, ["--import", fileURLToPath(new URL("lifeline.mjs", import.meta.url)), ...args], {
    cwd: process.cwd(),
    env: options.env,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
    detached: true
  })
  return ended(child, (signal) => child.kill(signal === "SIGHUP" ? "SIGTERM" : signal))
}

/** The exit code, as a shell counts it. Signals do not end this process: it stays until the child has drained and gone. */
const ended = (child, forward) =>
  new Promise((resolve, reject) => {
    const last = {}
    const onSignal = (signal) => {
      const now = Date.now()
      if (now - (last[signal] ?? 0) < sameSignalMs) return
      last[signal] = now
      forward(signal)
    }
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    for (const signal of signals) process.on(signal, onSignal)
    const stopListening = () => {
      for (const signal of signals) process.off(signal, onSignal)
    }
    child.once("error", (error) => {
      stopListening()
      if (error.code === "ENOENT" || error.code === "ENOEXEC") resolve(127)
      else reject(error)
    })
    child.once(child.stdout === null ? "exit" : "close", (code, signal) => {
      stopListening()
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
