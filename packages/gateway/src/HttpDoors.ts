/** What the public asks over plain HTTP: `/v1`, `/api`, its documents, and whether the process is well. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { layerAnthropicDoor } from "./anthropic/AnthropicDoor.ts"
import { layerAttachmentHandlers } from "./api/attachmentHandlers.ts"
import { layerConversationHandlers } from "./api/conversationHandlers.ts"
import { layerInviteHandlers } from "./api/inviteHandlers.ts"
import { layerListHandlers } from "./api/listHandlers.ts"
import { layerPromptHandlers } from "./api/promptHandlers.ts"
import { layerProviderHandlers } from "./api/providerHandlers.ts"
import { layerShareHandlers } from "./api/shareHandlers.ts"
import { layerAuthentication, layerProblems, layerVisiting } from "./api/problems.ts"
import { layerSessionHandlers } from "./api/sessionHandlers.ts"
import { layerModelAccessHandlers } from "./api/modelAccessHandlers.ts"
import { layerTenantHandlers } from "./api/tenantHandlers.ts"
import { layerCurrentRequest } from "./auth/CurrentRequest.ts"
import { layerOpenaiDoor } from "./openai/OpenaiDoor.ts"
import { layerDocsDoor } from "./ops/DocsDoor.ts"
import { layerHealthDoor } from "./ops/OperationsDoor.ts"
import { layerResponsesDoor } from "./responses/ResponsesDoor.ts"
import { layerPlainSocket } from "./socket/layerPlainSocket.ts"

const layerApi = HttpApiBuilder.layer(ParleyApi).pipe(
  Layer.provide([
    layerConversationHandlers,
    layerListHandlers,
    layerSessionHandlers,
    layerInviteHandlers,
    layerShareHandlers,
    layerAttachmentHandlers,
    layerPromptHandlers,
    layerTenantHandlers,
    layerModelAccessHandlers,
    layerProviderHandlers
  ]),
  Layer.provide([layerAuthentication, layerVisiting, layerProblems])
)

export const layerHttpDoors = Layer.mergeAll(
  layerCurrentRequest,
  layerApi,
  layerDocsDoor,
  layerOpenaiDoor,
  layerAnthropicDoor,
  layerResponsesDoor,
  layerHealthDoor,
  layerPlainSocket
)
