import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { SETTLEMENT_LINE } from '#rails/connectors';
import { testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { insertLine } from '../src/rails/connectors/settlement-lines.store.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const context = await testContext();
const scope = await testAccount(context);
const { on } = context;
const env = environmentOn(on, temporaryFolder('cli-settlements'));

const settlements = (...args: string[]) => tollgate(['settlements', ...args], env);

const lineOf = (id: Uuid, key: string) => ({
  id,
  connectorAccountId: newUuid(context),
  receivedAtMs: Date.now(),
  state: 'fits_nothing' as const,
  row: {
    key,
    kind: 'payment' as const,
    reference: null,
    providerId: null,
    currency: 'eur',
    gross: 300n,
    fee: 11n,
    net: 289n,
    bookedAtMs: Date.parse('2026-11-27T11:00:00Z'),
    availableOn: '2026-11-30',
    batch: '20261127-1-1',
    raw: { rrn: '633111000001' },
  },
});

test('a line that fits nothing is listed, shown and explained once', async () => {
  const id = newUuid(context);
  const spelled = spellId(SETTLEMENT_LINE, id);
  await context.database.commit(scope, [insertLine(scope, lineOf(id, '20261127-1-1#4'))]);
  const listed = await settlements('list', '--open');
  assert.equal(
    listed.out,
    `2026-11-27  ${spelled}       €2.89 eur  20261127-1-1#4  nobody knows it\n`,
    listed.err,
  );
  assert.match((await settlements('show', spelled)).out, /rrn: 633111000001/);
  const explained = await settlements('explain', spelled, '--why', 'the till in the shop');
  assert.equal(explained.out, `${spelled} is explained.\n`, explained.err);
  const again = await settlements('explain', spelled, '--why', 'again');
  assert.match(again.err, /waits for no explanation/);
});

test('several lines are explained by one word, up to one that waits for none', async () => {
  const ids = [newUuid(context), newUuid(context)];
  const [first = '', second = ''] = ids.map((id) => spellId(SETTLEMENT_LINE, id));
  await context.database.commit(
    scope,
    ids.map((id, index) => insertLine(scope, lineOf(id, `20261128-1-1#${index}`))),
  );
  const explained = await settlements('explain', first, second, first, '--why', 'the other shop');
  assert.equal(explained.out, `${first} is explained.\n${second} is explained.\n`);
  assert.match(explained.err, new RegExp(`${first} waits for no explanation`));
});
