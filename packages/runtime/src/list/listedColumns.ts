/** A conversation as its member sees it in their list. */
import type { SqlClient, Statement } from "effect/sql"
import { conversationColumns } from "../storage/conversations/rows.ts"

/** `b` is the member's row, `c` the conversation's. */
export const listedColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  ${conversationColumns(sql)}, b.folder_id as "folderId", b.pinned_at_ms is not null as "isPinned",
  b.archived_at_ms is not null as "isArchived", b.role,
  (select count(*)::int from members everybody where everybody.conversation_id = c.id) as "memberCount"`
