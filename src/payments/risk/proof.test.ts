import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prove as proveInBrowser } from '../../../web/checkout/proof.js';
import { manualClock, seededRandom } from '../../kit/context/for-tests.ts';
import { type BoundTo, challengeFor, leadingZeros, PROOF_MS, readProof } from './proof.ts';

const key = Buffer.alloc(32, 7);
const bound: BoundTo = {
  scope: { accountId: '018f0000-0000-7000-8000-000000000001', livemode: true },
  subject: 'cs_live_1',
  network: '192.0.2.1',
};
const BITS = 6;
const made = () => ({ clock: manualClock(), random: seededRandom('proof') });

test('the work of a browser is a proof, for the session, account, mode and network it was asked of', async () => {
  const context = made();
  const proof = await proveInBrowser(challengeFor(context, key, bound, BITS));
  assert.equal(readProof(context, key, bound, proof), proof.split('.')[0]);
  for (const other of [
    { ...bound, subject: 'cs_live_2' },
    { ...bound, network: '192.0.2.2' },
    { ...bound, scope: { ...bound.scope, livemode: false } },
    { ...bound, scope: { ...bound.scope, accountId: '018f0000-0000-7000-8000-000000000002' } },
  ]) {
    assert.equal(readProof(context, key, other, proof), null);
  }
  assert.equal(readProof(context, Buffer.alloc(32, 8), bound, proof), null);
});

test('no work, less work, and old work prove nothing', async () => {
  const context = made();
  const challenge = challengeFor(context, key, bound, BITS);
  const proof = await proveInBrowser(challenge);
  assert.equal(readProof(context, key, bound, challenge), null);
  assert.equal(readProof(context, key, bound, ''), null);
  assert.equal(readProof(context, key, bound, proof.replace(`.${BITS}.`, '.0.')), null);
  const idle = Array.from({ length: 200 }, (_, n) => `${challenge}.${n}`).filter(
    (one) => readProof(context, key, bound, one) !== null,
  );
  assert.ok(idle.length < 20, 'Most numbers prove nothing');
  context.clock.advance(PROOF_MS + 1);
  assert.equal(readProof(context, key, bound, proof), null);
});

test('leading zeros are counted over bytes', () => {
  assert.equal(leadingZeros(Buffer.from([0x80])), 0);
  assert.equal(leadingZeros(Buffer.from([0x00, 0x1f])), 11);
  assert.equal(leadingZeros(Buffer.from([0, 0])), 16);
});
