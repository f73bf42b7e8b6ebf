// A resolver over a database and a clock of its own, and operations whose sender did not learn what became of them.

import assert from 'node:assert/strict';
import type { Scope } from '#kit/context';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { manualClock, seededRandom } from '../../kit/context/for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { createGates } from './gates.ts';
import type { Operation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import type { RecoveryStep } from './recovery.ts';
import { createResolver, type Resolver, type ResolverSettings } from './resolver.ts';
import { sendOperation } from './send-operation.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const noJournal = { append: async () => {}, close: async () => {} };

export const classA = (port: ConnectorPort, windowMs = 24 * HOUR): RecoveryStep => ({
  class: 'A',
  windowMs,
  port,
});

/** One round, to the end of all that it began. */
export const roundOf = async (resolver: Resolver): Promise<number> => {
  const begun = await resolver.round();
  await resolver.idle();
  return begun;
};

export const openResolverWorld = async (seed: string) => {
  const clock = manualClock();
  const context = await testContext({ clock, random: seededRandom(seed) });
  const scope = await testAccount(context);

  const outgoing = () => createOutgoing({ journal: noJournal, gates: createGates(context) });
  const resolverOf = (steps: readonly RecoveryStep[], changes: Partial<ResolverSettings> = {}) => {
    const resolver = createResolver(context, {
      outgoing: outgoing(),
      recoveryOf: () => ({ steps, timeoutMs: 20 * SECOND }),
      budget: { perSecond: 1_000, burst: 1_000 },
      atOnce: 1_000,
      ...changes,
    });
    return { ...resolver, round: () => roundOf(resolver) };
  };

  /** What is left of other tests is none of this one's business. */
  const alone = () =>
    asOwner(
      context.on,
      `update rails.operations set leased_until = now() + interval '1 day' where due_at is not null`,
    );

  const sendFor = async (
    of: Scope,
    port: ConnectorPort,
    {
      over = outgoing(),
      ...changes
    }: Parameters<typeof newFor>[2] & {
      readonly over?: ReturnType<typeof outgoing>;
    } = {},
  ): Promise<Operation> => {
    const operation = newFor(context, of, changes);
    const sent = await sendOperation(context, of, over, { operation, port });
    assert.ok(sent.ok);
    return sent.operation;
  };
  const send = (port: ConnectorPort, changes: Parameters<typeof sendFor>[2] = {}) =>
    sendFor(scope, port, changes);

  const nowOf = async (of: Scope, { id }: Pick<Operation, 'id'>): Promise<Operation> => {
    const known = await loadKnown(context, of, id);
    assert.ok(known);
    return known.operation;
  };
  const now = (operation: Pick<Operation, 'id'>) => nowOf(scope, operation);

  const pass = async (
    resolver: ReturnType<typeof resolverOf>,
    ms: number,
    step: number,
  ): Promise<void> => {
    for (let passed = 0; passed < ms; passed += step) {
      clock.advance(step);
      await resolver.round();
    }
  };

  return { context, scope, clock, outgoing, resolverOf, alone, send, sendFor, now, nowOf, pass };
};
