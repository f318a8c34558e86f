/** What every call of `/api` may answer with beside its success. A handler's errors are rendered as `Problem` before they get here. */
import { HttpApiMiddleware, HttpApiSchema } from "effect/http-api"
import { Problem, problemContentType } from "./Problem.ts"

const problem = (status: number) =>
  Problem.pipe(HttpApiSchema.asJson({ contentType: problemContentType }), HttpApiSchema.status(status))

export class Problems extends HttpApiMiddleware.Service<Problems>()("@parley/domain/api/Problems", {
  error: [problem(400), problem(401), problem(403), problem(404), problem(409), problem(413), problem(500), problem(503)]
}) {}
