/** The headers of a call to Bedrock: a signature, or a Bedrock API key. */
import { AwsV4Signer } from "aws4fetch"
import { Effect } from "effect"
import type { BedrockTarget } from "./bedrockProvider.ts"

const json = ["content-type", "application/json"]

export const signed = (
  { access, baseUrl, region }: BedrockTarget,
  path: string,
  body: string
): Effect.Effect<ReadonlyArray<string>> =>
  "apiKey" in access
    ? Effect.succeed([...json, "authorization", `Bearer ${access.apiKey}`])
    : Effect.promise(async () => {
        const signer = new AwsV4Signer({
          method: "POST",
          url: baseUrl + path,
          headers: { "content-type": "application/json" },
          body,
          service: "bedrock",
          region,
          ...access
        })
        const { headers } = await signer.sign()
        return [...headers].flat()
      })
