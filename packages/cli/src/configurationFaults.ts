/**
 * What is wrong with a configuration whose parts have the right shape: names that lead nowhere, routes that can call nobody, limits that exclude
 * each other. Judged of the parts that could be read, so that these faults are told together with those of the others.
 */
import { defaultLimits } from "@parley/providers/ProviderLimits"
import { defaultRetry } from "@parley/providers/routing/Route"
import type { ProvidersFile } from "./ProvidersFile.ts"

export interface ConfigurationFault {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

/** The parts that could be read. */
export type Readable = Pick<ProvidersFile, "limits" | "providers" | "aliases" | "routes" | "models"> & {
  /** All that stand there, also those that could not be read. */
  readonly names: { readonly providers: ReadonlyArray<string>; readonly routes: ReadonlyArray<string> }
}

/** What the environment alone can make live, and so may be named by the file without being described in it. */
const environmentProviders = ["openai", "anthropic", "llama", "demo"]

const unknownProvider = "Expected a model of a provider that this file names"

export const configurationFaults = (file: Readable): ReadonlyArray<ConfigurationFault> => {
  const providers = new Set([...environmentProviders, ...file.names.providers])
  const isUnknown = (name: string): boolean => name.includes("/") && !providers.has(name.slice(0, name.indexOf("/")))
  return [
    ...(file.names.providers.includes("demo")
      ? [{ path: ["providers", "demo"], message: "Expected another name: the demo is built in" }]
      : []),
    ...limitFaults(["limits"], file.limits ?? {}, {}),
    ...Object.entries(file.providers ?? {}).flatMap(([id, { limits }]) =>
      limitFaults(["providers", id, "limits"], limits ?? {}, file.limits ?? {})
    ),
    ...aliasFaults(file.aliases ?? {}, isUnknown),
    ...Object.entries(file.routes ?? {}).flatMap(([name, route]) => routeFaults(name, route, file, isUnknown)),
    ...modelFaults(file.models ?? {}, isUnknown)
  ]
}

type Limits = NonNullable<ProvidersFile["limits"]>

/** `shared` are those of all providers, which one that does not say otherwise has too. */
const limitFaults = (path: ReadonlyArray<string>, own: Limits, shared: Limits): ReadonlyArray<ConfigurationFault> => {
  const all = { ...defaultLimits, ...shared, ...own }
  const isRate = all.breakerRate > 0
  const faults: Array<ConfigurationFault> = []
  const wrong = (name: keyof Limits, message: string) => void faults.push({ path: [...path, name], message })
  /** Told at the one of the two that stands here. */
  const ordered = (less: "openMs" | "breakerRateMinCalls", more: "maxOpenMs" | "breakerRateCalls") => {
    if (all[less] <= all[more]) return
    if (own[less] !== undefined) wrong(less, `Expected at most ${more}, which is ${all[more]}`)
    else if (own[more] !== undefined) wrong(more, `Expected at least ${less}, which is ${all[less]}`)
  }
  ordered("openMs", "maxOpenMs")
  if (isRate) ordered("breakerRateMinCalls", "breakerRateCalls")
  if (isRate && own.breakerFailures !== undefined)
    wrong("breakerFailures", "Expected no breakerRate beside it: with a rate failures in a row do not count")
  for (const name of ["breakerRateCalls", "breakerRateMinCalls"] as const)
    if (!isRate && own[name] !== undefined) wrong(name, "Expected a breakerRate, without which it says nothing")
  if (own.minConcurrent !== undefined && own.minConcurrent > all.maxConcurrent)
    wrong("minConcurrent", `Expected at most maxConcurrent, which is ${all.maxConcurrent}`)
  return faults
}

const aliasFaults = (aliases: NonNullable<ProvidersFile["aliases"]>, isUnknown: (name: string) => boolean) =>
  Object.entries(aliases).flatMap(([alias, name]): Array<ConfigurationFault> => {
    const path = ["aliases", alias]
    if (isUnknown(name)) return [{ path, message: `${unknownProvider}; ${name} is of none` }]
    return Object.hasOwn(aliases, name) ? [{ path, message: `Expected a model; ${name} is an alias itself` }] : []
  })

type Route = NonNullable<ProvidersFile["routes"]>[string]

const routeFaults = (
  name: string,
  { fallbacks = [], region, retry = {}, targets }: Route,
  { aliases = {}, names }: Readable,
  isUnknown: (name: string) => boolean
): ReadonlyArray<ConfigurationFault> => {
  const path = ["routes", name]
  const faults: Array<ConfigurationFault> = []
  const seen = new Set<string>()
  const judge = (model: string, at: ReadonlyArray<string | number>) => {
    const meant = Object.hasOwn(aliases, model) ? (aliases[model] ?? model) : model
    const wrong = (message: string) => void faults.push({ path: [...path, ...at], message })
    // A route may have the name of a model; its targets are then that model itself.
    if (isUnknown(meant) || !/^[^/]+\/./u.test(meant)) {
      if (model === name || meant === name) wrong("Expected provider/model; this is the route itself")
      else if (names.routes.includes(meant)) wrong("Expected provider/model; this is a route")
      else wrong(isUnknown(meant) ? unknownProvider : "Expected provider/model")
    } else if (seen.has(meant)) wrong("Expected to stand once among the route's targets and fallbacks")
    seen.add(meant)
  }
  for (const [at, { model }] of targets.entries()) judge(model, ["targets", at, "model"])
  for (const [at, model] of fallbacks.entries()) judge(model, ["fallbacks", at])
  if (targets.every(({ weight }) => weight === 0))
    faults.push({ path: [...path, "targets"], message: "Expected a target with a weight above 0" })
  if (region !== undefined && !targets.some((target) => target.region === region))
    faults.push({ path: [...path, "region"], message: "Expected the region of one of the targets" })
  const { baseMs, maxMs = defaultRetry.maxMs } = retry
  if (baseMs !== undefined && baseMs > maxMs)
    faults.push({ path: [...path, "retry", "baseMs"], message: `Expected at most maxMs, which is ${maxMs}` })
  return faults
}

const modelFaults = (models: NonNullable<ProvidersFile["models"]>, isUnknown: (name: string) => boolean) =>
  Object.entries(models).flatMap(([name, { contextTokens = Infinity, maxOutputTokens = 0 }]): Array<ConfigurationFault> => {
    const path = ["models", name]
    return [
      ...(isUnknown(name) ? [{ path, message: unknownProvider }] : []),
      ...(maxOutputTokens > contextTokens
        ? [{ path: [...path, "maxOutputTokens"], message: `Expected at most contextTokens, which is ${contextTokens}` }]
        : [])
    ]
  })
