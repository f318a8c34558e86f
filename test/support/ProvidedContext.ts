/** What `inject("…")` gives to every test. */
declare module "vitest" {
  interface ProvidedContext {
    /** A superuser's `postgres://…` of a throwaway server; take a database of your own from it with `freshDatabase`. */
    databaseUrl: string
    /** `redis://…` of a throwaway server, shared by all test files: prefix keys with something of your own. */
    redisUrl: string
    /** Path of a Chromium, or `""` where there is none and browser tests are to be skipped. */
    chromiumPath: string
    /** Path of what is that Chromium without windows, or of the same; `""` likewise. */
    headlessPath: string
    /** Path of the program in one file, for Node. */
    program: string
  }
}
export {}
