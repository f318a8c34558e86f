/** Global set-up: throwaway Postgres and Redis servers of the test run's own. */
import type { TestProject } from "vitest/node"
import { oncePerRun } from "./oncePerRun.ts"
import { startPostgres } from "./startPostgres.ts"
import { startRedis } from "./startRedis.ts"

export default async function setup(project: TestProject) {
  const [postgres, redis] = await Promise.all([oncePerRun("postgres", startPostgres), oncePerRun("redis", startRedis)])
  project.provide("databaseUrl", postgres.value)
  project.provide("redisUrl", redis.value)
  return async () => {
    await Promise.all([postgres.end(), redis.end()])
  }
}
