// Operations and evidence as tests name them.

import { type Context, type Scope, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { manualClock } from '../../kit/context/for-tests.ts';
import type { Evidence, Outcome } from './evidence.ts';
import { type NewOperation, newOperation, type Operation, providerKeysFrom } from './operation.ts';

export const testKeys = providerKeysFrom(Buffer.alloc(32, 7));

const clock = manualClock();
const source = { clock, random: systemRandom };

export const operationOf = (changes: Partial<Operation> = {}): Operation => ({
  ...newOperation(source, { accountId: newUuid(source), livemode: false }, testKeys, {
    kind: 'authorize',
    intentId: newUuid(source),
    ordinal: 1,
    attempt: 1,
    connectorAccountId: newUuid(source),
    amount: 2_500n,
    currency: 'eur',
    timeoutMs: 30_000,
  }),
  ...changes,
});

export const evidenceOf = (given: Partial<Evidence> & { readonly says: Outcome }): Evidence => ({
  id: newUuid(source),
  kind: 'answer',
  atMs: clock.now(),
  send: null,
  sourceKey: null,
  considered: [],
  ...given,
});

export const newFor = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  changes: Partial<NewOperation> = {},
): Operation =>
  newOperation(context, scope, testKeys, {
    kind: 'authorize',
    intentId: newUuid(context),
    ordinal: 1,
    attempt: 1,
    connectorAccountId: newUuid(context),
    amount: 2_500n,
    currency: 'eur',
    timeoutMs: 30_000,
    ...changes,
  });
