// A process that sends operations, or resolves them, and may be ended at any numbered point by the
// setting it is given. The bank it calls is in the process of the test, which keeps the book.

import { crashPointFrom, type Scope, systemClock, systemRandom } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { openDatabase } from '#platform/db';
import { noNetwork, silentLog } from '../../kit/context/for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import type { Outcome } from './evidence.ts';
import { newFor } from './for-tests.ts';
import { roundOf } from './for-tests-resolver.ts';
import { createGates } from './gates.ts';
import type { RecoveryStep } from './recovery.ts';
import { createResolver } from './resolver.ts';
import { openSendJournal } from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

export type Work = {
  readonly appUrl: string;
  readonly bankUrl: string;
  readonly folder: string;
  readonly scope: Scope;
  readonly crashAt: string;
  /** Intents to send an operation for, one after the other; none: resolve for a while. */
  readonly intents: readonly Uuid[];
  readonly recoveryClass: 'A' | 'B' | 'C';
};

/** Asks the bank over HTTP. Amounts travel as text. */
export const bankPort =
  (bankUrl: string, path: 'charge' | 'look-up' | 'cancel'): ConnectorPort =>
  async ({ operation, signal }) => {
    const { providerKey, reference, amount, currency, intentId } = operation;
    const body = { providerKey, reference, amount: String(amount), currency, intentId };
    const answer = await fetch(`${bankUrl}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal,
    });
    const says = (await answer.json()) as Record<string, unknown>;
    return (
      typeof says['amount'] === 'string' ? { ...says, amount: BigInt(says['amount']) } : says
    ) as Outcome;
  };

export const stepOf = (bankUrl: string, recoveryClass: Work['recoveryClass']): RecoveryStep => {
  if (recoveryClass === 'A') {
    return { class: 'A', windowMs: 86_400_000, port: bankPort(bankUrl, 'charge') };
  }
  const path = recoveryClass === 'B' ? 'look-up' : 'cancel';
  return { class: recoveryClass, port: bankPort(bankUrl, path) };
};

const run = async (work: Work): Promise<void> => {
  const crashPoint = crashPointFrom(work.crashAt);
  const context = {
    clock: systemClock,
    random: systemRandom,
    network: noNetwork,
    log: silentLog,
    actor: { kind: 'system', id: 'child' } as const,
    crashPoint,
    database: openDatabase({ url: work.appUrl, poolSize: 2, clock: systemClock, crashPoint }),
  };
  const outgoing = createOutgoing({
    journal: await openSendJournal(context, work.folder),
    gates: createGates(context),
  });
  for (const intentId of work.intents) {
    await sendOperation(context, work.scope, outgoing, {
      operation: newFor(context, work.scope, { intentId, timeoutMs: 4_000 }),
      port: bankPort(work.bankUrl, 'charge'),
    });
  }
  if (work.intents.length > 0) return context.database.close();

  const resolver = createResolver(context, {
    outgoing,
    leaseMs: 1_000,
    recoveryOf: () => ({ steps: [stepOf(work.bankUrl, work.recoveryClass)], timeoutMs: 500 }),
  });
  for (let round = 0; round < 100; round += 1) {
    await roundOf(resolver);
    await context.clock.sleep(50);
  }
  await context.database.close();
};

if (process.argv[2] !== undefined && import.meta.main) {
  await run(JSON.parse(process.argv[2]) as Work);
}
