/** What a drill is asked on the command line. */
import { parseArgs } from "node:util"

export interface Options {
  readonly name: string | undefined
  /** The same seed chooses the same victims, moments and clients. */
  readonly seed: number
  readonly runs: number
  readonly clients: number
  readonly minutes: number
  readonly json: boolean
  /** Keeps the logs of all processes in this folder, in one of its own for each drill. */
  readonly logs: string | undefined
}

const numbers = { seed: 1, runs: 100, clients: 8, minutes: 10 } as const

export const readOptions = (argv: ReadonlyArray<string> = process.argv.slice(2)): Options => {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      runs: { type: "string" },
      clients: { type: "string" },
      minutes: { type: "string" },
      json: { type: "boolean", default: false },
      logs: { type: "string" }
    }
  })
  const number = (name: keyof typeof numbers, least: number): number => {
    const text = values[name]
    const value = text === undefined ? numbers[name] : Number(text)
    if (!Number.isFinite(value) || value < least) throw new Error(`--${name} wants a number of ${least} or more, not ${text}`)
    return value
  }
  return {
    name: positionals[0],
    seed: number("seed", 0),
    runs: number("runs", 1),
    clients: number("clients", 2),
    minutes: number("minutes", 0.1),
    json: values.json,
    logs: values.logs
  }
}
