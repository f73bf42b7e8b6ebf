// Endpoints with much to be told again, for tests.

import type { Scope } from '#kit/context';
import { newUuid, type Uuid, uuidAt } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { analyzed } from '../../platform/db/for-tests-rows-read.ts';
import { countReplayed, replay } from './replays.store.ts';

export const ever = { from: uuidAt(0), before: uuidAt(2 ** 48 - 1) };
const codes = [205, 221];

export const endpointOf = async (context: TestContext, { accountId }: Scope): Promise<Uuid> => {
  const id = newUuid(context);
  await asOwner(
    context.on,
    `insert into outward.webhook_endpoints (account_id, livemode, id, version, state, url, secrets, details)
     values ('${accountId}', false, '${id}', 1, 1, 'http://127.0.0.1:9', '', '{}')`,
  );
  return id;
};

/** So many were delivered, of which every `givenUp`th was given up instead. */
export const deliveriesOf = async (
  context: TestContext,
  { accountId }: Scope,
  { endpointId, count, givenUp }: { endpointId: Uuid; count: number; givenUp: number },
): Promise<void> => {
  await asOwner(
    context.on,
    `insert into outward.deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state,
                                     attempts, given_up)
     select '${accountId}', false, (lpad(to_hex(n), 12, '0') || '7000' || right(md5('${endpointId}' || n), 16))::uuid,
            '${endpointId}', (lpad(to_hex(n), 12, '0') || '70008000000000000000')::uuid, gen_random_uuid(), 1,
            case when n % ${givenUp} = 0 then 3 else 2 end, 10, n % ${givenUp} = 0
       from generate_series(1, ${count}) n`,
  );
  await analyzed(context.on);
};

/** So many payments were paid and handed on, so many milliseconds after each other, and nobody was told. */
export const paymentsOf = async (
  context: TestContext,
  { accountId }: Scope,
  {
    count,
    fromMs,
    stepMs = 1,
    livemode = false,
  }: { count: number; fromMs: number; stepMs?: number; livemode?: boolean },
): Promise<void> => {
  await asOwner(
    context.on,
    `with paid as (
       insert into platform.events (account_id, livemode, id, object_id, sequence, kinds, renderer, snapshot)
       select '${accountId}', ${livemode},
              (lpad(to_hex(${fromMs} + n * ${stepMs}), 12, '0') || '7000' || left(md5('${accountId}${livemode}' || n), 15) || '0')::uuid,
              gen_random_uuid(), 2, '{221,205}', 1, '{}'
         from generate_series(0, ${count - 1}) n
       returning id)
     insert into outward.feed (account_id, livemode, position, event_id, sequence)
     select '${accountId}', ${livemode},
            (select coalesce(max(position), 0) from outward.feed
              where account_id = '${accountId}' and livemode = ${livemode})
              + row_number() over (order by id, place),
            (left(id::text, 35) || place)::uuid, 2 + place
       from paid cross join generate_series(0, 1) as place`,
  );
  await analyzed(context.on);
};

export const setState = (context: TestContext, endpointId: Uuid, state: number): Promise<unknown> =>
  asOwner(
    context.on,
    `update outward.webhook_endpoints set state = ${state} where id = '${endpointId}'`,
  );

export type Due = { event_id: Uuid; account_id: Uuid; livemode: boolean; sequence: number };
/** What is due, in the order in which it is taken. */
export const allDue = async (context: TestContext): Promise<Due[]> =>
  (await asOwner(
    context.on,
    `select w.event_id, w.account_id, w.livemode, d.sequence
       from outward.due_deliveries w
       join outward.deliveries d on d.account_id = w.account_id and d.livemode = w.livemode and d.id = w.id
      order by w.due_at, w.event_id`,
  )) as Due[];

type Counts = { waiting: number; due: number; replays: number };
export const countsOf = async (context: TestContext): Promise<Counts> => {
  const [row] = await asOwner(
    context.on,
    `select (select count(*)::integer from outward.deliveries where state = 1 and attempts = 0 and not given_up) as waiting,
            (select count(*)::integer from outward.due_deliveries) as due,
            (select count(*)::integer from outward.replays) as replays`,
  );
  return row as Counts;
};

/** As if all that is due had been taken. */
export const takeAll = (context: TestContext): Promise<unknown> =>
  asOwner(
    context.on,
    `with gone as (delete from outward.due_deliveries returning id)
     update outward.deliveries set state = 2, attempts = 1, due_at = null where id in (select id from gone)`,
  );

export const prepared = async (count: number, givenUp: number) => {
  const context = await testContext();
  const scope = await testAccount(context);
  const endpointId = await endpointOf(context, scope);
  await deliveriesOf(context, scope, { endpointId, count, givenUp });
  /** How many are promised. */
  const promise = async (alsoDelivered: boolean, range = ever) => {
    const wanted = { endpointId, ...range, alsoDelivered, missed: { codes, ...range } };
    const { count, isAll } = await countReplayed(context, scope, wanted);
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    return isAll ? count : `at least ${count}`;
  };
  return { context, scope, endpointId, promise };
};
