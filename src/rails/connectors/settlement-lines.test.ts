import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { type Change, DoesNotCount } from '#rails/operations';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { analyzed, rowsReadToWrite } from '../../platform/db/for-tests-rows-read.ts';
import { onOperation } from './lines-of-operation.ts';
import {
  hearLinesAgain,
  insertLine,
  isLineWaiting,
  listLines,
  type NamedByLine,
  type StoredLine,
} from './settlement-lines.store.ts';

const PROVIDER: Uuid = '00000000-0000-0000-0000-000000000001';

const context = await testContext();

type Row = StoredLine['row'];
const line = (row: Pick<Row, 'key' | 'kind' | 'reference' | 'providerId'>): StoredLine => ({
  id: newUuid(context),
  connectorAccountId: PROVIDER,
  row: {
    ...row,
    currency: 'eur',
    gross: 100n,
    fee: 0n,
    net: 100n,
    bookedAtMs: 0,
    availableOn: null,
    batch: null,
    raw: {},
  },
  receivedAtMs: context.clock.now(),
  state: 'waiting',
  tries: 0,
  explanation: null,
});

const mine = { reference: 'op_mine', providerId: 'pi_mine' };
const nameless = { reference: null, providerId: 'pi_mine' };
/** Key to what such a line says, and whether it names a payment that is called `mine`. */
const told: readonly (readonly [key: string, of: Omit<Row, 'key'> | object, names: boolean])[] = [
  ['ours', { kind: 'payment', ...mine, providerId: 'ch_1' }, true],
  ['theirs', { kind: 'payment', ...nameless }, true],
  [
    'of another with the same name there',
    { kind: 'payment', ...mine, reference: 'op_other' },
    false,
  ],
  ['of another', { kind: 'payment', reference: null, providerId: 'pi_other' }, false],
  ['of nothing', { kind: 'payment', reference: null, providerId: null }, false],
  ['of a refund', { kind: 'refund', ...nameless }, false],
];
const named: NamedByLine = { connectorAccountId: PROVIDER, lineKind: 'payment', ...mine };

const tell = async (scope: Scope): Promise<void> => {
  const lines = told.map(([key, of]) => insertLine(scope, line({ key, ...of } as Row)));
  assert.deepEqual(await context.database.commit(scope, lines), { ok: true });
};

test('A line that waits names an operation by our reference, and by the name of the provider where it has none', async () => {
  for (const [key, of, names] of told) {
    const scope = await testAccount(context);
    await context.database.commit(scope, [insertLine(scope, line({ key, ...of } as Row))]);
    assert.equal(await isLineWaiting(context, scope, named), names, key);
    assert.equal(
      await isLineWaiting(context, scope, { ...named, connectorAccountId: newUuid(context) }),
      false,
    );
    assert.equal(await isLineWaiting(context, await testAccount(context), named), false);
  }
});

test('What waits under the name of the provider alone keeps a person from calling that payment declined', async () => {
  const scope = await testAccount(context);
  const waits = line({ key: 'theirs', kind: 'payment', ...nameless });
  await context.database.commit(scope, [insertLine(scope, waits)]);
  const no = (kind: string, providerId: string | null) =>
    onOperation(context, scope, {
      before: { state: 'human' },
      after: { state: 'declined', kind, connectorAccountId: PROVIDER, reference: 'op_mine' },
      conclusion: { providerId },
      evidence: { kind: 'person' },
    } as unknown as Change);
  await assert.rejects(no('sale', 'pi_mine') ?? Promise.resolve(), DoesNotCount);
  assert.deepEqual(await no('sale', null), []);
  assert.deepEqual(await no('refund', 'pi_mine'), []);
});

test('A line that fitted nothing is heard again by the same names, without reading those that name others', async () => {
  const [scope, other] = [await testAccount(context), await testAccount(context)];
  for (const each of [scope, other]) {
    await tell(each);
    for (const reference of [`'op_' || n`, 'null']) {
      await asOwner(
        context.on,
        `insert into rails.settlement_lines (account_id, livemode, id, connector_account_id, key, kind, line, received_at, state)
         select '${each.accountId}', ${each.livemode}, gen_random_uuid(), '${PROVIDER}', gen_random_uuid()::text, 'payment',
                json_build_object('reference', ${reference}, 'providerId', 'pi_' || n, 'gross', '1', 'fee', '0', 'net', '1'), now(), 3
           from generate_series(1, 1000) n`,
      );
    }
  }
  await asOwner(context.on, 'update rails.settlement_lines set state = 3, due_at = null');
  await analyzed(context.on);

  const again = (providerId: string | null) =>
    hearLinesAgain(scope, { named: { ...named, providerId }, atMs: context.clock.now() });
  const waiting = async (of: Scope) =>
    (await listLines(context, of, { onlyForPerson: false, limit: 5_000 }))
      .filter(({ state }) => state === 'waiting')
      .map(({ row }) => row.key);
  // Once to look the lines up, and once to write them.
  const rows = await rowsReadToWrite(context, scope, again('pi_mine'));
  assert.ok(rows <= 10, `${rows} rows were read`);
  const wanted = told.filter(([, , names]) => names).map(([key]) => key);
  assert.deepEqual((await waiting(scope)).toSorted(), wanted);
  assert.deepEqual(await waiting(other), []);
  for (const name of ['pi_mine', null]) {
    const none = await rowsReadToWrite(context, scope, again(name));
    assert.ok(none <= 10, `${none} rows were read for nothing`);
  }
  assert.equal((await waiting(scope)).length, wanted.length);
});
