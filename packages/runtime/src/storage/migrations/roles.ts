/** Roles without login, and the membership by which the login of the program becomes one of them. */

/** Roles belong to the whole server, so another database may be creating the same one now; two sessions then trip over each other. */
export const createRole = (role: string) => `
do $$ begin
  if not exists (select from pg_roles where rolname = '${role}') then
    create role ${role} nologin noinherit;
  end if;
exception when duplicate_object or unique_violation then null;
end $$`

export const joinRole = (role: string) => `
do $$ begin
  if not pg_has_role(current_user, '${role}', 'member') then
    execute format('grant ${role} to %I', current_user);
  end if;
end $$`
