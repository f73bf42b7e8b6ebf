// The schema as text, in one order whatever machine it is made on: what a review of a migration needs
// to see is its effect.

import type { Connection } from './connection.ts';

export const describeSchema = async (owner: Pick<Connection, 'send'>): Promise<string> => {
  const lines: string[] = [];
  const ask = (text: string) => owner.send<{ line: string }>({ name: '', text });

  for (const { line } of await ask(functions)) lines.push(line, '');
  const tables = await owner.send<{ oid: string; name: string; kind: string }>({
    name: '',
    text: tablesText,
  });
  for (const { oid, name, kind } of tables) {
    const of = (text: string) => ask(text.replaceAll('$oid', oid));
    lines.push(`table ${name}${kind}`);
    for (const part of [columns, constraints, indexes, security, policies, triggers, grants]) {
      for (const { line } of await of(part)) lines.push(`  ${line}`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
};

const own = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'`;

const tablesText = `
  select c.oid::text as oid, n.nspname || '.' || c.relname as name,
         case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid)
              when c.relispartition then ' partition ' || pg_get_expr(c.relpartbound, c.oid)
              else '' end as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where ${own} and c.relkind in ('r', 'p')
     -- Months come and go.
     and not c.relname ~ '^events_\\d{4}_\\d{2}$'
   order by 2`;

const columns = `
  select attname || ' ' || format_type(atttypid, atttypmod)
         || case when attnotnull then ' not null' else '' end
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
         || case attidentity when 'a' then ' identity' else '' end as line
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where attrelid = $oid and attnum > 0 and not attisdropped order by attnum`;

const constraints = `
  select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
    from pg_constraint where conrelid = $oid and contype <> 'n' order by 1`;

const indexes = `
  select 'index ' || pg_get_indexdef(indexrelid) as line from pg_index i
   where indrelid = $oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
   order by 1`;

const security = `
  select 'row level security' || case when relforcerowsecurity then ' forced' else '' end as line
    from pg_class where oid = $oid and relrowsecurity`;

const policies = `
  select 'policy ' || polname || ' for ' || case polcmd when '*' then 'all' when 'r' then 'select'
           when 'a' then 'insert' when 'w' then 'update' else 'delete' end
         || ' to ' || (select string_agg(case when r.rolname = current_user then '(owner)'
                                              else r.rolname end, ', ' order by r.rolname)
                         from pg_roles r where r.oid = any(polroles))
         || coalesce(' using ' || regexp_replace(pg_get_expr(polqual, polrelid), '\\s+', ' ', 'g'), '')
         || coalesce(' check ' || regexp_replace(pg_get_expr(polwithcheck, polrelid), '\\s+', ' ', 'g'), '')
         as line
    from pg_policy where polrelid = $oid order by polname`;

const triggers = `
  select pg_get_triggerdef(oid) as line from pg_trigger
   where tgrelid = $oid and not tgisinternal order by tgname`;

const grants = `
  select 'grant ' || string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)
         || ' to ' || r.rolname as line
    from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
   where c.oid = $oid and a.grantee <> c.relowner group by r.rolname order by 1`;

const functions = `
  select pg_get_functiondef(p.oid)
         || coalesce((select string_agg('-- execute: ' || case when a.grantee = 0 then 'public'
                                               else r.rolname end, e'\\n' order by a.grantee = 0, r.rolname)
                        from aclexplode(p.proacl) a left join pg_roles r on r.oid = a.grantee
                       where a.grantee <> p.proowner), '-- execute: public') as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where ${own} and n.nspname <> 'public'
   order by n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)`;
