/** What a person sees when the program is ready. The administrator's key is shown here once, and never logged. */
import { Effect } from "effect"

export interface Announcement {
  readonly address: string
  /** The key, when this start made it. */
  readonly newAdministratorKey: string | undefined
  /** Opens the app signed in, once. Absent when no administrator may chat. */
  readonly signInLink: string | undefined
  readonly signInLinkMinutes: number
  /** `openai`, `demo` …: what answers now. */
  readonly providers: ReadonlyArray<string>
  /** Where the data is, without any password. */
  readonly data: string
  readonly shared: string
  readonly engine: string
  readonly startedInMs: number
}

/** `toPeople`: as a banner too, which one of several processes on a port need not repeat. */
export const announce = (a: Announcement, { toPeople }: { readonly toPeople: boolean }): Effect.Effect<void> =>
  Effect.sync(() => toPeople && process.stdout.write(banner(a))).pipe(
    Effect.andThen(Effect.logInfo("Parley is ready")),
    Effect.annotateLogs({
      address: a.address,
      providers: a.providers.join(", "),
      data: a.data,
      engine: a.engine,
      startedInMs: a.startedInMs
    })
  )

const banner = (a: Announcement): string => {
  const rows: Array<readonly [string, string]> = [
    ["Address", a.address],
    [
      "Providers",
      `${a.providers.join(", ")}${a.providers.every((id) => id === "demo") ? "  (set OPENAI_API_KEY, ANTHROPIC_API_KEY or LLAMA_BASE_URL for real ones)" : ""}`
    ],
    ["Data", a.data],
    ["Shared state", a.shared],
    ["Server", a.engine]
  ]
  if (a.newAdministratorKey !== undefined) {
    rows.push(["Key", a.newAdministratorKey], ["", "This is the administrator's key. It is shown only this once: keep it."])
  }
  if (a.signInLink !== undefined) {
    rows.push(
      ["Open", a.signInLink],
      ["", `Signs in once, within ${a.signInLinkMinutes} minutes; \`parley link\` makes another.`]
    )
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  return `\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n")}\n\n`
}
