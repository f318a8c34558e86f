/** The targets that this process knows: made when they are first asked for, and bounded, for callers may ask for any name. */
import type { OwnedModel } from "../modelNames.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { ProviderSource } from "./ProviderCircuit.ts"
import { Supervised } from "./Supervised.ts"
import type { Access } from "./Supervised.ts"

export class Targets {
  readonly #accesses: ReadonlyMap<string, Access>
  readonly #maxTargets: number
  /** By provider, then by model: asked for several times with each call, so no name is put together for it. */
  readonly #targets = new Map<string, Map<string, Supervised>>()
  #count = 0

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
    const known = this.#targets.get(provider)?.get(model)
    if (known !== undefined) return known
    const target = new Supervised(this.access(provider), model)
    if (this.#count >= this.#maxTargets) this.#forgetOne()
    const ofProvider = this.#targets.get(provider) ?? new Map<string, Supervised>()
    this.#targets.set(provider, ofProvider.set(model, target))
    this.#count++
    return target
  }

  used(owned: OwnedModel, nowMs: number): Supervised {
    const target = this.of(owned)
    target.statistics.lastUsedMs = nowMs
    return target
  }

  all(): ReadonlyArray<Supervised> {
    return [...this.#targets.values()].flatMap((models) => [...models.values()])
  }

  accesses(): ReadonlyArray<Access> {
    return [...this.#accesses.values()]
  }

  /** The one unused for longest; one that never answered goes first, for it may be no model at all. Its circuit idles out. */
  #forgetOne(): void {
    let least: Supervised | undefined
    for (const target of this.all()) {
      if (target.statistics.inFlight === 0 && (least === undefined || isLess(target, least))) least = target
    }
    if (least === undefined) return
    this.#targets.get(least.access.source.id)?.delete(least.model)
    this.#count--
  }
}

const isLess = ({ statistics: a }: Supervised, { statistics: b }: Supervised): boolean =>
  a.succeeded === 0 && b.succeeded > 0 ? true : a.succeeded > 0 && b.succeeded === 0 ? false : a.lastUsedMs < b.lastUsedMs
