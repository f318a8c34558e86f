/** `npm run bench -- NAME [--json] [--seconds N] [--rounds N] [--only CASE,…]` */
import { cluster } from "./benchmarks/cluster.ts"
import { completions } from "./benchmarks/completions.ts"
import { firstToken } from "./benchmarks/firstToken.ts"
import { http } from "./benchmarks/http.ts"
import { memory } from "./benchmarks/memory.ts"
import { routing } from "./benchmarks/routing.ts"
import { tokens } from "./benchmarks/tokens.ts"
import { web } from "./benchmarks/web.ts"
import { readOptions } from "./harness/Options.ts"
import type { Options } from "./harness/Options.ts"
import { print } from "./harness/Report.ts"
import type { Report } from "./harness/Report.ts"

const benchmarks: Record<string, { readonly about: string; readonly run: (options: Options) => Promise<Report> }> = {
  http: { about: "a typed GET and POST against raw uWebSockets and @effect/platform-node", run: http },
  completions: { about: "/v1/chat/completions against the mock, a bare proxy and Portkey", run: completions },
  tokens: { about: "tokens over WebSockets: 100, 1,000 and 5,000 runs, and 1,000 from a provider's wire", run: tokens },
  memory: { about: "what an idle WebSocket and an idle conversation cost", run: memory },
  routing: { about: "what circuits and routes cost a call, hedging, and how an answer goes on after a cut", run: routing },
  "first-token": { about: "from a send to the first token, over the provider's own time", run: firstToken },
  cluster: { about: "a gateway and a runner against one process, and gateways that share a port", run: cluster },
  web: {
    about: "the browser app: opening, streaming, memory, reconnecting, scrolling, size; beside a public React kit",
    run: web
  }
}

const main = async (): Promise<number> => {
  const options = readOptions()
  const benchmark = options.name === undefined ? undefined : benchmarks[options.name]
  if (benchmark === undefined) {
    const width = Math.max(...Object.keys(benchmarks).map((name) => name.length))
    const names = Object.entries(benchmarks).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
    process.stderr.write(`npm run bench -- NAME [--json] [--seconds N] [--rounds N] [--only CASE,…]\n\n${names.join("\n")}\n`)
    // Asked for nothing it has done what it can: what benchmarks need is installed.
    return options.name === undefined ? 0 : 2
  }
  if (process.platform !== "linux") throw new Error("the benchmarks read CPU and memory from /proc: they need Linux")
  print(await benchmark.run(options), options.json)
  return 0
}

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  })
)
