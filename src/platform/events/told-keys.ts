// Under which idempotency keys something happened since a moment, over all accounts.

import type { Uuid } from '#kit/ids';

type Send = (
  statement: { readonly name: string; readonly text: string },
  values: readonly unknown[],
) => Promise<Record<string, unknown>[]>;

type Told = {
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly id: Uuid;
  readonly idempotency_key: string;
  readonly request_id: string;
};

const AT_ONCE = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

const keysAfter = {
  name: 'events.keys_after',
  text: `select account_id, livemode, id, idempotency_key, request_id from platform.events
          where (account_id, livemode, id) > ($1::uuid, $2::boolean, $3::uuid) and id >= $4::uuid
            and idempotency_key is not null
          order by account_id, livemode, id limit ${AT_ONCE}`,
};

/** `send` as the owner, who may look across accounts. */
export const eachToldKey = async (
  send: Send,
  since: Uuid,
  look: (told: readonly Told[]) => Promise<void>,
): Promise<void> => {
  for (let after: readonly unknown[] = [FIRST, false, FIRST]; ; ) {
    const rows = (await send(keysAfter, [...after, since])) as Told[];
    if (rows.length > 0) await look(rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return;
    after = [last.account_id, last.livemode, last.id];
  }
};
