// What a directory server tells of a challenge, and the proof that comes of it: good for what it was made for, once.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { findAuthentication } from '#cards/three-ds';
import { useAuthenticationRow } from '../../src/cards/three-ds/authentications.store.ts';
import { type Challenge, challengesOf } from './challenges.ts';
import { startPair } from './support.ts';

const pair = await startPair({ challengeMs: 600_000 });
const { context, scope, told, sent, origin } = pair;
const { challenge, pass, stateOf, use } = challengesOf(pair);

describe('a result', () => {
  const results = async (
    begun: Challenge,
  ): Promise<{ url: string; rreq: Record<string, unknown> }> => {
    const areq = sent
      .map((body) => JSON.parse(body))
      .find((each) => each.threeDSServerTransID === begun.id);
    const found = await findAuthentication(context, scope, begun.id);
    const { acsTransactionId, directoryTransactionId } = found?.authentication.learned ?? {};
    return {
      url: areq.threeDSServerURL,
      rreq: {
        messageType: 'RReq',
        messageVersion: '2.2.0',
        threeDSServerTransID: begun.id,
        acsTransID: acsTransactionId,
        dsTransID: directoryTransactionId,
        transStatus: 'Y',
        eci: '05',
        authenticationValue: `${'A'.repeat(27)}=`,
      },
    };
  };
  const post = async (url: string, body: unknown) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  };

  test('that comes again is answered alike, and changes nothing', async () => {
    const begun = await challenge();
    const { url, rreq } = await results(begun);
    const [first, second] = [await post(url, rreq), await post(url, rreq)];
    assert.equal(first.body.messageType, 'RRes');
    assert.deepEqual(second, first);
    assert.equal(told.filter(({ after }) => after.id === begun.id).length, 1);
    const used = await use(begun);
    assert.ok(used.ok);
    await context.database.commit(scope, [used.write]);
    assert.deepEqual(await post(url, rreq), first, 'also after the proof was used');
  });

  test('that contradicts an earlier one is refused', async () => {
    const begun = await challenge();
    const { url, rreq } = await results(begun);
    await post(url, { ...rreq, transStatus: 'N', eci: undefined, authenticationValue: undefined });
    assert.equal((await post(url, rreq)).body.messageType, 'Erro');
    assert.equal(await stateOf(begun.id), 'failed');
  });

  test('forged without the address that the directory server alone was told is refused', async () => {
    const begun = await challenge();
    const { url, rreq } = await results(begun);
    const pageToken = new URL(begun.url).pathname.split('/').at(-1);
    const tampered = `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`;
    assert.equal((await post(`${origin}/3ds/results/${pageToken}`, rreq)).status, 404);
    assert.equal((await post(tampered, rreq)).status, 404);
    assert.equal(await stateOf(begun.id), 'challenge');
  });

  const forgeries: readonly (readonly [name: string, changes: Record<string, unknown>])[] = [
    ['of another bank', { acsTransID: randomUUID() }],
    ['of another directory server', { dsTransID: randomUUID() }],
    ['of another transaction', { threeDSServerTransID: randomUUID() }],
    ['with a status that nobody knows', { transStatus: 'J' }],
    ['that wants a challenge after the challenge', { transStatus: 'C' }],
    ['with a value of another length', { authenticationValue: 'AAAA' }],
    ['of another kind', { messageType: 'ARes' }],
  ];
  for (const [name, changes] of forgeries) {
    test(`${name} is refused`, async () => {
      const begun = await challenge();
      const { url, rreq } = await results(begun);
      assert.equal((await post(url, { ...rreq, ...changes })).body.messageType, 'Erro');
      assert.equal(await stateOf(begun.id), 'challenge');
    });
  }

  for (const [name, changes] of [
    ['without its value', { authenticationValue: undefined }],
    ['with the indicator of a failure', { eci: '07' }],
  ] as const) {
    test(`that says yes ${name} proves nothing`, async () => {
      const begun = await challenge();
      const { url, rreq } = await results(begun);
      await post(url, { ...rreq, ...changes });
      assert.equal(await stateOf(begun.id), 'impossible');
    });
  }

  test('that is no JSON is refused without a trace', async () => {
    const begun = await challenge();
    const { url } = await results(begun);
    assert.equal((await fetch(url, { method: 'POST', body: '{' })).status, 400);
    assert.equal(await stateOf(begun.id), 'challenge');
  });
});

describe('a proof', () => {
  const refusals = [
    ['other_intent', { intentId: randomUUID() }],
    ['other_card', { card: randomUUID() }],
    ['other_merchant', { merchantId: 'ANOTHER' }],
    ['other_amount', { amount: 5_001n }],
    ['other_amount', { currency: 'usd' }],
    ['no_such_authentication', { id: randomUUID() }],
  ] as const;
  for (const [code, more] of refusals) {
    test(`is refused: ${code} ${Object.keys(more).join()}`, async () => {
      const begun = await challenge();
      await pass(begun.url);
      assert.deepEqual(await use(begun, more), { ok: false, code });
    });
  }

  test('is used once, also by two who have both read it unused', async () => {
    const begun = await challenge();
    await pass(begun.url);
    const uses = await Promise.all([use(begun), use(begun)]);
    const commits = [];
    for (const used of uses) {
      assert.ok(used.ok);
      commits.push({ used, commit: await context.database.commit(scope, [used.write]) });
    }
    assert.deepEqual(
      commits.map(({ used, commit }) => [commit.ok, !commit.ok && commit.lost === used.write.into]),
      [
        [true, false],
        [false, true],
      ],
    );
    assert.deepEqual(await use(begun), { ok: false, code: 'already_used' });
  });

  for (const [code, more] of refusals) {
    if (code === 'no_such_authentication') continue;
    test(`is not used by a statement of ${code} ${Object.keys(more).join()} either`, async () => {
      const begun = await challenge();
      await pass(begun.url);
      const { card, beginning } = begun;
      const write = useAuthenticationRow(scope, begun.id, {
        card,
        intentId: beginning.intentId,
        amount: 5_000n,
        currency: 'eur',
        merchantId: 'MERCHANT0000001',
        operationId: randomUUID(),
        nowMs: context.clock.now(),
        ...more,
      });
      assert.equal((await context.database.commit(scope, [write])).ok, false);
      assert.equal((await use(begun)).ok, true);
    });
  }

  test('of another account is not there', async () => {
    const begun = await challenge();
    await pass(begun.url);
    const other = { accountId: randomUUID(), livemode: false };
    const found = await findAuthentication(context, other, begun.id);
    assert.equal(found, undefined);
    assert.equal(
      await findAuthentication(context, { ...scope, livemode: true }, begun.id),
      undefined,
    );
  });
});
