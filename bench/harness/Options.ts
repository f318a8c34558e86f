/** What the command line may say, the same for every benchmark. */
import { parseArgs } from "node:util"

export interface Options {
  readonly name: string | undefined
  readonly json: boolean
  /** Length of one measured window. */
  readonly seconds: number
  /** Rounds, interleaved between what is compared; medians are shown. */
  readonly rounds: number
  /** Only these cases of the benchmark; all when empty. */
  readonly only: ReadonlyArray<string>
}

export const readOptions = (): Options => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      only: { type: "string", default: "" }
    }
  })
  return {
    name: positionals[0],
    json: values.json,
    seconds: positive("--seconds", values.seconds),
    rounds: positive("--rounds", values.rounds),
    only: values.only.split(",").filter(Boolean)
  }
}

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0`)
  return value
}
