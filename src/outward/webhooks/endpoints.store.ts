import type { Context, Row, Scope, Write } from '#kit/context';
import { open, seal } from '#kit/crypto';
import type { Uuid } from '#kit/ids';
import {
  findById,
  listPages,
  namesByCode,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  spellTime,
  statement,
  writeRows,
} from '#platform/db';
import { ENDPOINTS_MAX, type Endpoint, endpointStates, type Secret } from './endpoint.ts';
import { settingsOf } from './settings-of.ts';

type Details = Pick<Endpoint, 'apiVersion' | 'description' | 'metadata' | 'whyDisabled'>;

type EndpointRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly state: number;
  readonly url: string;
  readonly enabled_events: readonly string[] | null;
  readonly ordered: boolean;
  readonly secrets: Buffer;
  readonly details: Details;
  readonly failing_since: number | null;
};

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  state: 'smallint',
  url: 'text',
  enabled_events: 'text',
  ordered: 'boolean',
  secrets: 'bytea',
  details: 'json',
} as const;

const insertRow = writeRows({
  name: 'webhook_endpoints.insert',
  columns: types,
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into outward.webhook_endpoints
  (account_id, livemode, id, version, state, url, enabled_events, ordered, secrets, details)
select account_id, livemode, id, version, state, url, enabled_events::text[], ordered, secrets, details
  from ${given}
returning id::text as key`,
});

const updateRow = writeRows({
  name: 'webhook_endpoints.update',
  columns: types,
  key: 'id',
  // Where one is switched, the feed is locked until the end of the transaction.
  rank: rank.lock,
  text: (given) => `update outward.webhook_endpoints w
   set version = given.version, state = given.state, url = given.url,
       enabled_events = given.enabled_events::text[], ordered = given.ordered,
       secrets = given.secrets, details = given.details,
       -- Enabled again, it begins anew.
       failing_since = case when w.state = given.state then w.failing_since end
  from ${given}
 where w.account_id = given.account_id and w.livemode = given.livemode and w.id = given.id
   and w.version = given.version - 1
returning w.id::text as key`,
});

const toRow = (context: Context, scope: Scope, endpoint: Endpoint): unknown[] => {
  const { apiVersion, description, metadata, whyDisabled } = endpoint;
  const details: Details = { apiVersion, description, metadata, whyDisabled };
  return [
    scope.accountId,
    scope.livemode,
    endpoint.id,
    endpoint.version,
    endpointStates[endpoint.state],
    endpoint.url,
    endpoint.events === null ? null : `{${endpoint.events.join(',')}}`,
    endpoint.ordered,
    seal(
      context.random,
      settingsOf(context).secretsKey,
      Buffer.from(JSON.stringify(endpoint.secrets)),
      boundTo(scope, endpoint.id),
    ),
    JSON.stringify(details),
  ];
};

/** Sealed secrets that were moved to another row open nowhere. */
const boundTo = ({ accountId, livemode }: Scope, id: Uuid): string =>
  `webhook secrets ${accountId} ${livemode ? 'live' : 'test'} ${id}`;

export const insertEndpoint = (context: Context, scope: Scope, endpoint: Endpoint): Write => ({
  into: insertRow,
  row: toRow(context, scope, endpoint),
});

const countKept = statement(
  'webhook_endpoints.count_kept',
  `select count(*)::integer as count from (
     select from outward.webhook_endpoints where ${ownRows} and state <> 3 limit ${ENDPOINTS_MAX}) kept`,
);

/** Who makes the last one beside others may lose to them all the same, and learns it the next time. */
export const isAnyMoreAllowed = async (context: Context, scope: Scope): Promise<boolean> => {
  const [row] = await readOwn<{ count: number }>(context, scope, countKept);
  return (row?.count ?? 0) < ENDPOINTS_MAX;
};

/** `endpoint.version` is the new one. */
export const updateEndpoint = (context: Context, scope: Scope, endpoint: Endpoint): Write => ({
  into: updateRow,
  row: toRow(context, scope, endpoint),
});

// How it goes with an endpoint is noted beside its version: a merchant who changes it loses no race
// against a delivery. Nor do deliveries that are noted together: what any of them says of the endpoint is
// said of it once, and all have won.
const noteHealth = writeRows({
  name: 'webhook_endpoints.note_health',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    delivery_id: 'uuid',
    failing_since: 'timestamptz',
  },
  key: 'delivery_id',
  rank: rank.update + 2,
  text: (given) => `with told as (select given.* from ${given}),
noted as (
  update outward.webhook_endpoints w
     set failing_since = case when given.failing_since is null then null
                              else coalesce(w.failing_since, given.failing_since) end
    from (select distinct on (account_id, livemode, id) * from told
           order by account_id, livemode, id, failing_since nulls first) given
   where w.account_id = given.account_id and w.livemode = given.livemode and w.id = given.id
  returning w.account_id, w.livemode, w.id)
select told.delivery_id::text as key
  from told join noted using (account_id, livemode, id)`,
});

export const noteEndpointHealth = (
  scope: Scope,
  { endpointId, id }: { readonly endpointId: Uuid; readonly id: Uuid },
  failingSinceMs: number | null,
): Write => ({
  into: noteHealth,
  row: [scope.accountId, scope.livemode, endpointId, id, spellTime(failingSinceMs)],
});

const stored = {
  select: 'id, version, state, url, enabled_events, ordered, secrets, details, failing_since',
  from: 'outward.webhook_endpoints',
  where: 'state <> 3',
  // Its secrets are opened with what only the caller has.
  fromRow: (row: EndpointRow) => row,
};

const findRow = findById({ name: 'webhook_endpoints.find', ...stored });

export const loadEndpoint = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Endpoint | undefined> => {
  const row = await findRow(context, scope, id);
  return row && fromRow(context, scope, row);
};

const listRows = listPages({ name: 'webhook_endpoints.list', ...stored });

export const listEndpoints = async (
  context: Context,
  scope: Scope,
  page: PageOfRows,
): Promise<Endpoint[]> =>
  (await listRows(context, scope, page)).map((row) => fromRow(context, scope, row));

const stateOf = namesByCode(endpointStates);

const OPENED_MAX = 1_000;
type Opened = { readonly sealed: Buffer; readonly secrets: readonly Secret[] };
/** Whoever signs with them reads the same ones fifty times a second. */
const opened = new Map<string, Opened>();

const secretsOf = (context: Context, scope: Scope, row: EndpointRow): readonly Secret[] => {
  const bound = boundTo(scope, row.id);
  const before = opened.get(bound);
  if (before?.sealed.equals(row.secrets)) return before.secrets;
  const clear = open(settingsOf(context).secretsKey, row.secrets, bound);
  const secrets = JSON.parse(clear.toString()) as readonly Secret[];
  if (opened.size >= OPENED_MAX) opened.clear();
  opened.set(bound, { sealed: row.secrets, secrets });
  return secrets;
};

const fromRow = (context: Context, scope: Scope, row: EndpointRow): Endpoint => ({
  id: row.id,
  version: row.version,
  state: stateOf.get(row.state) ?? 'disabled',
  url: row.url,
  events: row.enabled_events,
  ordered: row.ordered,
  secrets: secretsOf(context, scope, row),
  ...row.details,
  failingSinceMs: row.failing_since,
});
