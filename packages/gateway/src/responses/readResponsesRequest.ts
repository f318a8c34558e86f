/** The body of `POST /v1/responses`, read once. */
import { makeReadJsonBody } from "../readJsonBody.ts"
import { ResponsesRequest } from "./ResponsesRequest.ts"

/** An item without a type is a message. */
const typed = (item: unknown): unknown =>
  typeof item === "object" && item !== null && "role" in item && !("type" in item) ? { ...item, type: "message" } : item

const prepare = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "input" in body && Array.isArray(body.input)
    ? { ...body, input: body.input.map(typed) }
    : body

export const readResponsesRequest = makeReadJsonBody(ResponsesRequest, prepare)
