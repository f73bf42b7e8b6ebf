import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STANDARD_SCHEDULE } from '#books/calendars';
import {
  expect,
  expectation,
  loadExpectationsOf,
  loadExpectationsOfAll,
} from '#books/expectations';
import { newUuid } from '#kit/ids';
import { testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import type { Expectation } from './expectation.ts';

const clock = manualClock(Date.parse('2026-01-15T12:00:00Z'));
const context = await testContext({ clock });
const scope = await testAccount(context);
const connectorAccountId = newUuid(context);

const payment = (changes: Partial<Parameters<typeof expect>[0]> = {}): Expectation =>
  expect({
    connectorAccountId,
    reference: 'TG1',
    kind: 'payment',
    currency: 'usd',
    amount: 10_000n,
    cost: { amount: 180n, rules: 2 },
    schedule: STANDARD_SCHEDULE,
    atMs: clock.now(),
    ...changes,
  });
const write = (...all: Expectation[]) =>
  context.database.commit(
    scope,
    all.map((each) => expectation(scope, each)),
  );

describe('an expectation', () => {
  test('has its sign by kind and its day by the calendar of the currency', () => {
    assert.equal(payment().gross, 10_000n);
    assert.equal(payment({ kind: 'refund' }).gross, -10_000n);
    // Friday, then the long weekend of Martin Luther King day; TARGET works on that Monday.
    assert.equal(payment().valueDate, '2026-01-20');
    assert.equal(payment({ currency: 'eur' }).valueDate, '2026-01-19');
  });

  test('is found by its reference as it was written', async () => {
    const [taken, unknownCost] = [payment(), payment({ kind: 'refund', cost: null })];
    assert.deepEqual(await write(taken, unknownCost), { ok: true });
    const found = await loadExpectationsOf(context, scope, {
      connectorAccountId,
      reference: 'TG1',
    });
    assert.deepEqual(found, [
      { ...taken, part: 0, state: 'open' },
      { ...unknownCost, part: 0, state: 'open' },
    ]);
  });

  test('is written once for one fact; its next part is another', async () => {
    const again = await write(payment({ reference: 'TG2' }), payment());
    assert.equal(again.ok ? '' : again.lost.name, 'expectations.insert');
    const asked = { connectorAccountId, reference: 'TG2' };
    assert.deepEqual(await loadExpectationsOf(context, scope, asked), []);
    assert.deepEqual(await write(payment({ part: 1 })), { ok: true });
  });

  test('is found with those of other references in one read', async () => {
    await write(payment({ reference: 'TG3' }), payment({ reference: 'TG4' }));
    const found = await loadExpectationsOfAll(context, scope, {
      connectorAccountId,
      references: ['TG4', 'TG3', 'unknown'],
    });
    assert.deepEqual(found.map(({ reference }) => reference).toSorted(), ['TG3', 'TG4']);
  });

  test('cannot be rewritten by the role that serves, only its state', async () => {
    const run = (text: string) =>
      context.database.transaction(scope, (tx) => tx.query({ name: '', text }));
    await assert.rejects(run('update books.expectations set gross = 1'), /permission denied/);
    await assert.rejects(run('delete from books.expectations'), /permission denied/);
    await run('update books.expectations set state = 2 where part = 1');
  });
});
