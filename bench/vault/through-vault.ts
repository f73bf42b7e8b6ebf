// A whole vault in this process: received, sealed and opened with audit entry, group commit and a durable
// database, which is then part of what is measured.

import { localKeys, openVault } from '#cards/vault';
import { crashPointFrom, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { openDatabase } from '#platform/db';
import { print } from './print.ts';

const LANES = 64;
const actor = { kind: 'system', id: 'bench' } as const;

export const measureVault = async (input: {
  readonly vaultUrl: string;
  readonly keyShares: readonly [string, string];
  readonly seconds: number;
}): Promise<void> => {
  const shared = { clock: systemClock, random: systemRandom };
  const scope = { accountId: newUuid(shared), livemode: false };
  const log = { debug() {}, info() {}, warn() {}, error: console.error };
  const database = openDatabase({
    url: input.vaultUrl,
    poolSize: 16,
    clock: systemClock,
    crashPoint: crashPointFrom(undefined),
  });
  const vault = await openVault({
    context: { ...shared, actor, log, database },
    providers: [await localKeys({ ...shared, shareFolders: input.keyShares, createFirst: true })],
    livemode: false,
  });

  const cards: string[] = [];
  let next = 0;
  const keep = async (): Promise<void> => {
    next += 1;
    const card = { number: String(4_000_000_000_000_000 + next), expMonth: 1, expYear: 2031 };
    const received = await vault.receiveCard({ actor }, { scope, card });
    if (!received.ok) throw new Error(received.code);
    const kept = await vault.sealCard({ actor }, { scope, received: received.received });
    if (kept.ok) cards.push(kept.card);
  };
  const open = async (): Promise<void> => {
    const card = cards[next++ % cards.length] as string;
    await vault.withCard({ actor }, { scope, card, operation: 'bench' }, async () => {});
  };
  await inLanes('receive and seal a card', input.seconds, keep);
  await inLanes('open a card', input.seconds, open);
  await vault.close();
  await database.close();
};

const inLanes = async (what: string, seconds: number, work: () => Promise<void>): Promise<void> => {
  const startedMs = systemClock.monotonicMs();
  const cpuBefore = process.cpuUsage();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (systemClock.monotonicMs() - startedMs < seconds * 1000) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const { user, system } = process.cpuUsage(cpuBefore);
  print(what, (count / (systemClock.monotonicMs() - startedMs)) * 1000);
  print('  per second of this process on a core', (count / (user + system)) * 1_000_000);
};
