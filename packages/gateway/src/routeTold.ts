/** Who answers on `/v1`, in headers: known once the first token comes, which is when a stream's headers go out. */
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { StreamControl } from "@parley/domain/ModelProvider"
import { errorTraits } from "@parley/domain/ErrorTraits"

type RouteHeaders = Readonly<Record<string, string>>

/** What a stream has said of its targets until its headers go out. */
export class RouteTold {
  #target: string | undefined
  readonly #fallbacks: Array<string> = []
  #isOver = false

  /** Called for every read of the provider's: nothing is done once the headers are out. */
  see(events: ReadonlyArray<ModelEvent>, control: StreamControl): void {
    if (this.#isOver) return
    this.#target = control.target ?? this.#target
    for (const event of events) if (event.type === "provider-switch") this.#fallbacks.push(fallback(event.from, event.reason))
  }

  headers(): RouteHeaders {
    this.#isOver = true
    return headersOf(this.#target, this.#fallbacks)
  }
}

/** Of a whole answer. */
export const routeHeaders = ({ attempts = [], passedOver = [] }: Pick<ModelAnswer, "attempts" | "passedOver">): RouteHeaders =>
  headersOf(attempts.findLast(({ failure }) => failure === undefined)?.target, [
    ...passedOver.map((target) => fallback(target, "passed_over")),
    ...attempts.flatMap(({ failure, target }) => (failure === undefined ? [] : [fallback(target, codeOf(failure))]))
  ])

const headersOf = (target: string | undefined, fallbacks: ReadonlyArray<string>): RouteHeaders => ({
  ...(target === undefined ? {} : { "x-parley-provider": headerText(target) }),
  ...(fallbacks.length === 0 ? {} : { "x-parley-fallback": fallbacks.join(", ") })
})

/** `groq/llama; provider_failed`: who did not answer, and why; `passed_over`: it could not be asked. */
const fallback = (from: string, reason: string): string => `${headerText(from)}; ${headerText(reason)}`

const isTag = (failure: string): failure is keyof typeof errorTraits => failure in errorTraits

const codeOf = (failure: string): string => (isTag(failure) ? errorTraits[failure].code : "slow")

/** Names come from a configuration or a caller. */
const headerText = (text: string): string => text.replace(/[^\x21-\x7e]|[,;]/g, "_").slice(0, maxNameLength)

const maxNameLength = 200
