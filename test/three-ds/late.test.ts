// What ends by a clock: a holder who does not come, one who is too slow for the bank, a question whose
// asker died, a proof that nobody used.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { beginAuthentication, findAuthentication, useAuthentication } from '#cards/three-ds';
import type { Clock, Context } from '#kit/context';
import { askDirectory } from '../../src/cards/three-ds/ask-directory.ts';
import { changeAuthentication } from '../../src/cards/three-ds/change-authentication.ts';
import { expireAuthentications } from '../../src/cards/three-ds/expire-authentications.ts';
import { aBrowser, codeIn, startPair, submit, toTheBank, untilBack } from './support.ts';

const pair = await startPair({ challengeMs: 600_000 });
const { context, scope, sandbox, told, origin } = pair;
const CHALLENGED = '4000000000003220';

/** The same world, so much later. */
const later = (ms: number): Context => {
  const clock: Clock = { ...context.clock, now: () => context.clock.now() + ms };
  return { ...context, clock };
};
const MINUTES_16 = 16 * 60_000;

const begin = async (more = {}) => {
  const card = await pair.keep(CHALLENGED);
  const beginning = pair.beginning(card, more);
  const begun = await beginAuthentication(context, beginning);
  assert.ok(begun.state === 'challenge');
  return { card, beginning, ...begun };
};
const endOf = (id: string) =>
  told.filter(({ after }) => after.id === id).map(({ after }) => [after.state, after.learned.why]);

const pass = async (url: string): Promise<void> => {
  const acs = `http://127.0.0.1:${sandbox.ports.threeDs}/`;
  const page = await toTheBank(url);
  const back = await submit(page, acs, { code: codeIn(page), do: 'confirm' });
  await untilBack(await submit(back, acs), origin);
};

describe('a holder', () => {
  test('who does not come has fifteen minutes, and whoever waits is told once', async () => {
    const begun = await begin();
    await expireAuthentications(context);
    assert.deepEqual(endOf(begun.id), []);
    await expireAuthentications(later(MINUTES_16));
    await expireAuthentications(later(MINUTES_16));
    assert.deepEqual(endOf(begun.id), [['expired', 'too_late']]);
  });

  test('who confirms after that has confirmed nothing, and the bank is not asked to repeat', async () => {
    const begun = await begin();
    const acs = `http://127.0.0.1:${sandbox.ports.threeDs}/`;
    const page = await toTheBank(begun.url);
    await expireAuthentications(later(MINUTES_16));
    await submit(page, acs, { code: codeIn(page), do: 'confirm' });
    assert.deepEqual(endOf(begun.id), [['expired', 'too_late']]);
    const facts = sandbox.journal().lines.map(({ fact }) => fact);
    const reported = facts.findLast((fact) => fact.fact === 'authentication_reported');
    assert.deepEqual([reported?.arrivals, reported?.isAcknowledged], [1, true]);
  });

  test('whom our page never saw is not waited for either', async () => {
    const card = await pair.keep(CHALLENGED);
    const { browser: _, ...beginning } = pair.beginning(card);
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    await expireAuthentications(later(MINUTES_16));
    assert.deepEqual(endOf(begun.id), [['expired', 'too_late']]);
  });

  test('who is too slow for the bank ends as expired, because the bank says so', async () => {
    const fast = await startPair({ challengeMs: 1 });
    const card = await fast.keep(CHALLENGED);
    const begun = await beginAuthentication(fast.context, fast.beginning(card));
    // The bank may have given up before we had heard that it asks.
    assert.ok(begun.state === 'challenge' || begun.state === 'refused');
    const isReported = (): boolean =>
      fast.sandbox.journal().lines.some(({ fact }) => fact.fact === 'authentication_reported');
    for (let tries = 0; tries < 6_000 && !isReported(); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const found = await findAuthentication(fast.context, fast.scope, begun.id);
    assert.equal(found?.authentication.state, 'expired');
  });
});

test('a question whose asker died is found, and proves nothing against the holder', async () => {
  const card = await pair.keep(CHALLENGED);
  const { browser: _, ...beginning } = pair.beginning(card);
  const begun = await beginAuthentication(context, beginning);
  assert.ok(begun.state === 'challenge');
  const dueAtMs = context.clock.now() + 30_000;
  await changeAuthentication(context, scope, begun.id, () => ({ event: 'ask', dueAtMs }));
  const found = await findAuthentication(context, scope, begun.id);
  assert.ok(found);
  const again = await askDirectory(context, scope, found.authentication, aBrowser, { tell: true });
  assert.equal(again, null, 'it is not asked a second time');
  await expireAuthentications(later(31_000));
  assert.deepEqual(endOf(begun.id), [['impossible', 'directory_silent']]);
});

test('a proof that nobody used is good for fifteen minutes, and its value goes then', async () => {
  const begun = await begin();
  await pass(begun.url);
  const use = (at: Context) =>
    useAuthentication(at, scope, {
      id: begun.id,
      card: begun.card,
      intentId: begun.beginning.intentId,
      amount: 5_000n,
      currency: 'eur',
      merchantId: 'MERCHANT0000001',
      operationId: randomUUID(),
    });
  const used = await use(context);
  assert.ok(used.ok);
  assert.deepEqual(await use(later(MINUTES_16)), { ok: false, code: 'too_old' });
  await expireAuthentications(later(MINUTES_16));
  const found = await findAuthentication(context, scope, begun.id);
  assert.equal(found?.authentication.learned.cavv, null);
  assert.equal(found?.authentication.state, 'completed');
  assert.equal(endOf(begun.id).length, 1);
});
