/** Node 22 and later. On Node 18 and 20: `platform: { WebSocket }` with the class of the package `ws`. */
import { createClient, ParleyApiError } from "@parley/sdk"

export const ask = async (url: string, apiKey: string, model: string, question: string): Promise<string> => {
  const client = createClient({ url, apiKey })
  try {
    const { id } = await client.conversations.create({ model })
    const { run } = await client.conversation(id).send(question).accepted()
    let answer = ""
    for await (const text of run?.texts() ?? []) answer = text
    return answer
  } catch (error) {
    if (error instanceof ParleyApiError) throw new Error(`${error.code}: ${error.message} (${error.requestId})`, { cause: error })
    throw error
  } finally {
    client.close()
  }
}
