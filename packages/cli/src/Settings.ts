/** Every setting of the programs: name, default, meaning. Read from the environment in this one place. */
import { Config, Schema } from "effect"
import type { Option } from "effect"

export interface SettingRow {
  readonly name: string
  /** As shown to a person. */
  readonly fallback: string
  readonly meaning: string
}

const rows: Array<SettingRow> = []

const setting = <A>(
  name: string,
  fallback: string,
  meaning: string,
  read: (name: string) => Config.Config<A>
): Config.Config<A> => {
  rows.push({ name, fallback, meaning })
  return read(name)
}

const optional =
  <A>(read: (name: string) => Config.Config<A>) =>
  (name: string): Config.Config<Option.Option<A>> =>
    Config.option(read(name))

/** Longest time that a setting in milliseconds may name: a day. */
const maxMs = 86_400_000

const milliseconds = (fallback: number) => (name: string) =>
  Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxMs })), name).pipe(Config.withDefault(fallback))

/** Longest that a setting in minutes or hours may name. */
const maxMinutes = 10_080
const maxHours = 17_520

const whole = (fallback: number, maximum: number) => (name: string) =>
  Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })), name).pipe(Config.withDefault(fallback))

export const settings = Config.all({
  host: setting("PARLEY_HOST", "127.0.0.1", "address to listen on", (name) =>
    Config.NonEmptyString(name).pipe(Config.withDefault("127.0.0.1"))
  ),
  port: setting("PARLEY_PORT", "8787", "port to listen on; 0 takes a free one", (name) =>
    Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), name).pipe(Config.withDefault(8787))
  ),
  sharesPort: setting("PARLEY_SHARE_PORT", "no", "whether other processes of this machine may listen on the same port", (name) =>
    Config.Boolean(name).pipe(Config.withDefault(false))
  ),
  gatewayProcesses: setting(
    "PARLEY_GATEWAY_PROCESSES",
    "1",
    "gateway: processes that share the port; 0 is one for each core",
    (name) => Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 256 })), name).pipe(Config.withDefault(1))
  ),
  operationsPort: setting(
    "PARLEY_OPERATIONS_PORT",
    "gateway: PARLEY_PORT, runner: none",
    "port of its own for /metrics, /rpc and /health; each further process of PARLEY_GATEWAY_PROCESSES takes the next",
    optional((name) => Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), name))
  ),
  operationsHost: setting("PARLEY_OPERATIONS_HOST", "127.0.0.1", "address of that port", (name) =>
    Config.NonEmptyString(name).pipe(Config.withDefault("127.0.0.1"))
  ),
  dataDir: setting("PARLEY_DATA_DIR", ".data", "folder of the embedded Postgres and of generated secrets", (name) =>
    Config.NonEmptyString(name).pipe(Config.withDefault(".data"))
  ),
  databaseUrl: setting("DATABASE_URL", "embedded Postgres", "postgres://… of a Postgres 15 or later", optional(Config.Redacted)),
  redisUrl: setting(
    "REDIS_URL",
    "this process's memory",
    "redis://… or redis+cluster://host:port,host:port… for what processes share",
    optional(Config.Redacted)
  ),
  openaiApiKey: setting("OPENAI_API_KEY", "", "makes openai/… live", optional(Config.Redacted)),
  openaiBaseUrl: setting(
    "OPENAI_BASE_URL",
    "OpenAI's own",
    "another address that speaks OpenAI's API",
    optional(Config.NonEmptyString)
  ),
  anthropicApiKey: setting("ANTHROPIC_API_KEY", "", "makes anthropic/… live", optional(Config.Redacted)),
  anthropicBaseUrl: setting(
    "ANTHROPIC_BASE_URL",
    "Anthropic's own",
    "another address that speaks Anthropic's API",
    optional(Config.NonEmptyString)
  ),
  llamaBaseUrl: setting(
    "LLAMA_BASE_URL",
    "",
    "an OpenAI-compatible server (Ollama, vLLM, llama.cpp); makes llama/… live",
    optional(Config.NonEmptyString)
  ),
  llamaApiKey: setting("LLAMA_API_KEY", "", "its key, if it wants one", optional(Config.Redacted)),
  demoWordMs: setting(
    "PARLEY_DEMO_WORD_MS",
    "20",
    "milliseconds between two words of the demo's answers",
    optional((name) => Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: maxMs })), name))
  ),
  configFile: setting(
    "PARLEY_CONFIG_FILE",
    "parley.config.json, if it is there",
    "providers, models and aliases beside those of the environment",
    optional(Config.NonEmptyString)
  ),
  configWatchMs: setting(
    "PARLEY_CONFIG_WATCH_MS",
    "1000",
    "milliseconds between two looks at whether that file has changed",
    milliseconds(1_000)
  ),
  masterKey: setting(
    "PARLEY_MASTER_KEY",
    "made and kept in the data folder",
    "seals secrets in the database: 32 characters or more; after a comma former ones, which still open what they sealed",
    optional(Config.Redacted)
  ),
  bootstrapApiKey: setting(
    "PARLEY_BOOTSTRAP_API_KEY",
    "made and printed once",
    "the first administrator's key: pk_…, 32 characters or more",
    optional(Config.Redacted)
  ),
  s3Endpoint: setting(
    "S3_ENDPOINT",
    "files in PARLEY_DATA_DIR",
    "https://… of an S3 that keeps uploaded files; several processes need one",
    optional(Config.NonEmptyString)
  ),
  s3Bucket: setting("S3_BUCKET", "parley", "its bucket, which must be there", (name) =>
    Config.NonEmptyString(name).pipe(Config.withDefault("parley"))
  ),
  s3Region: setting("S3_REGION", "us-east-1", "its region", (name) =>
    Config.NonEmptyString(name).pipe(Config.withDefault("us-east-1"))
  ),
  s3AccessKeyId: setting("S3_ACCESS_KEY_ID", "", "who writes there", (name) => Config.String(name).pipe(Config.withDefault(""))),
  s3SecretAccessKey: setting("S3_SECRET_ACCESS_KEY", "", "its secret", optional(Config.Redacted)),
  webDir: setting(
    "PARLEY_WEB_DIR",
    "packages/web/dist",
    "folder of the built app; without an index.html in it a small page is served",
    optional(Config.NonEmptyString)
  ),
  signInLinkMinutes: setting(
    "PARLEY_SIGN_IN_LINK_MINUTES",
    "60",
    "minutes within which a sign-in link must be used",
    whole(60, maxMinutes)
  ),
  keyCheckSeconds: setting(
    "PARLEY_KEY_CHECK_SECONDS",
    "30",
    "seconds for which a good key or session is believed, and between two looks at those of open sockets; a revocation is told at once",
    whole(30, maxMinutes * 60)
  ),
  sessionIdleHours: setting(
    "PARLEY_SESSION_IDLE_HOURS",
    "336",
    "hours after which a session that is not used is over",
    whole(336, maxHours)
  ),
  sessionMaxHours: setting(
    "PARLEY_SESSION_MAX_HOURS",
    "2160",
    "hours after which every session is over, used or not",
    whole(2_160, maxHours)
  ),
  allowedOrigins: setting(
    "PARLEY_ALLOWED_ORIGINS",
    "the same host",
    "further browser origins that may open sockets and use sessions, separated by commas",
    (name) =>
      Config.String(name).pipe(
        Config.withDefault(""),
        Config.map((text) =>
          text
            .split(",")
            .map((origin) => origin.trim())
            .filter((origin) => origin !== "")
        )
      )
  ),
  drainTimeoutMs: setting(
    "PARLEY_DRAIN_TIMEOUT_MS",
    "15000",
    "milliseconds that running answers get to finish when the program is asked to stop",
    milliseconds(15_000)
  ),
  drainDelayMs: setting(
    "PARLEY_DRAIN_DELAY_MS",
    "gateway: 3000, serve: 0",
    "milliseconds that it goes on as ever after its readiness turned false, so that whoever stands in front sees it first; each answer ends its connection meanwhile (longer than the other side keeps an idle one)",
    optional((name) => Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: maxMs })), name))
  ),
  claimWaitMs: setting(
    "PARLEY_CLAIM_WAIT_MS",
    "20000",
    "milliseconds that a starting process waits for another one on the same database to stop",
    milliseconds(20_000)
  ),
  crashPolicy: setting(
    "PARLEY_CRASH_POLICY",
    "continue",
    "what becomes of an answer whose process died: continue it, or fail it with its partial text",
    (name) => Config.Literals(["continue", "fail"], name).pipe(Config.withDefault("continue" as const))
  ),
  runnerHost: setting(
    "PARLEY_RUNNER_HOST",
    "127.0.0.1",
    "runner: its address on the private network, for gateways and other runners",
    (name) => Config.NonEmptyString(name).pipe(Config.withDefault("127.0.0.1"))
  ),
  runnerListenHost: setting(
    "PARLEY_RUNNER_LISTEN_HOST",
    "PARLEY_RUNNER_HOST",
    "runner: address to listen on, where it is not the one others use",
    optional(Config.NonEmptyString)
  ),
  runnerPort: setting("PARLEY_RUNNER_PORT", "8788", "runner: port to listen on; 0 takes a free one", (name) =>
    Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), name).pipe(Config.withDefault(8788))
  ),
  leaseMs: setting(
    "PARLEY_CLUSTER_LEASE_MS",
    "35000",
    "milliseconds after which what a lost runner served goes to another; the same on every process",
    milliseconds(35_000)
  ),
  assignmentsRefreshMs: setting(
    "PARLEY_CLUSTER_REFRESH_MS",
    "1000",
    "milliseconds between two looks at which runners there are",
    milliseconds(1_000)
  ),
  runnerHeartbeatMs: setting(
    "PARLEY_CLUSTER_HEARTBEAT_MS",
    "1000",
    "milliseconds between two heartbeats of a runner; one that misses three and does not answer either loses what it served",
    milliseconds(1_000)
  ),
  runnerJoinMs: setting(
    "PARLEY_CLUSTER_JOIN_MS",
    "10000",
    "milliseconds without another change before a runner that joined is given conversations",
    milliseconds(10_000)
  ),
  maxResidentConversations: setting(
    "PARLEY_MAX_RESIDENT_CONVERSATIONS",
    "50000",
    "conversations that one process keeps in memory; past it, one that is not in memory is busy",
    (name) => Config.schema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), name).pipe(Config.withDefault(50_000))
  ),
  logFormat: setting("PARLEY_LOG_FORMAT", "pretty on a terminal, else json", "pretty or json", (name) =>
    Config.option(Config.Literals(["pretty", "json"], name))
  ),
  logLevel: setting("PARLEY_LOG_LEVEL", "Info", "least level that is logged", (name) =>
    Config.LogLevel(name).pipe(Config.withDefault("Info" as const))
  ),
  otlpEndpoint: setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "",
    "base address of an OTLP/HTTP collector; spans are exported when it is set",
    optional(Config.NonEmptyString)
  )
})

export type Settings = Config.Success<typeof settings>

/** In the order above; for `--help` and the tests. */
export const settingRows: ReadonlyArray<SettingRow> = rows

/** One line a setting, aligned, for `parley serve --help`. */
export const settingsHelp = (): string => {
  const width = Math.max(...rows.map((row) => row.name.length))
  return rows
    .map((row) => `  ${row.name.padEnd(width)}  ${row.meaning}${row.fallback === "" ? "" : ` (${row.fallback})`}`)
    .join("\n")
}
