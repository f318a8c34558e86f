/** Calls that need no credential: one who is not in yet may make them. They are bounded for all visitors of a process together. */
import { HttpApiMiddleware } from "effect/http-api"

export class Visiting extends HttpApiMiddleware.Service<Visiting>()("@parley/domain/api/Visiting") {}
