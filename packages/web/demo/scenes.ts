/** What the tour shows, in order. Each scene begins where the one before it has ended. */
import { answerScenes } from "./answerScenes.ts"
import { roomScenes } from "./roomScenes.ts"
import type { Scene } from "./stage.ts"

export const scenes: ReadonlyArray<Scene> = [...answerScenes, ...roomScenes]
