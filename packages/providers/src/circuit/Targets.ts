/** The targets that this process knows: made when they are first asked for, and bounded, for callers may ask for any name. */
import type { OwnedModel } from "../modelNames.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { ProviderSource } from "./ProviderCircuit.ts"
import { Supervised } from "./Supervised.ts"
import type { Access } from "./Supervised.ts"

export class Targets {
  readonly #accesses: ReadonlyMap<string, Access>
  readonly #maxTargets: number
  readonly #targets = new Map<string, Supervised>()

  constructor(sources: ReadonlyArray<ProviderSource>, limits: ProviderLimits) {
    this.#maxTargets = limits.maxTargets
    this.#accesses = new Map(
      sources.map((source) => [source.id, { source, limits: source.limits ?? limits, inFlight: 0, probe: undefined }])
    )
  }

  access(provider: string): Access {
    const access = this.#accesses.get(provider)
    if (access === undefined) throw new Error(`There is no provider ${provider}`)
    return access
  }

  of({ model, provider }: OwnedModel): Supervised {
    const name = `${provider}/${model}`
    const known = this.#targets.get(name)
    if (known !== undefined) return known
    const target = new Supervised(this.access(provider), model)
    if (this.#targets.size >= this.#maxTargets) this.#forgetOne()
    this.#targets.set(name, target)
    return target
  }

  used(owned: OwnedModel, nowMs: number): Supervised {
    const target = this.of(owned)
    target.statistics.lastUsedMs = nowMs
    return target
  }

  all(): ReadonlyArray<Supervised> {
    return [...this.#targets.values()]
  }

  accesses(): ReadonlyArray<Access> {
    return [...this.#accesses.values()]
  }

  /** The one unused for longest; one that never answered goes first, for it may be no model at all. Its circuit idles out. */
  #forgetOne(): void {
    let least: Supervised | undefined
    for (const target of this.#targets.values()) {
      if (target.statistics.inFlight === 0 && (least === undefined || isLess(target, least))) least = target
    }
    if (least !== undefined) this.#targets.delete(least.name)
  }
}

const isLess = ({ statistics: a }: Supervised, { statistics: b }: Supervised): boolean =>
  a.succeeded === 0 && b.succeeded > 0 ? true : a.succeeded > 0 && b.succeeded === 0 ? false : a.lastUsedMs < b.lastUsedMs
