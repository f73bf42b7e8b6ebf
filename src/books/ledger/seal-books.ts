// Seals the ledger in batches. A seal covers a range of positions below which nothing can commit any
// more, so that no entry needs a row that says under which seal it lies.

import type { Context } from '#kit/context';
import {
  type ChainVerdict,
  leafOf,
  nextSeal,
  noteSeal,
  type Sealing,
  sealingFor,
  verifyChain,
} from '#kit/seals';
import {
  becomeSealer,
  loadBetween,
  loadLastSeal,
  loadNextEnd,
  loadSealsAfter,
  type SealedEntry,
  storeSeal,
} from './seals.store.ts';

/** The anchors of the books stand in the file of the audit log's, each marked as theirs. */
export const booksSealingWith = (masterSecret: Buffer, anchorFile: string): Sealing =>
  sealingFor(masterSecret, { purpose: 'books signature', anchorFile, mark: 'books:' });

const TRANSACTIONS_PER_SEAL = 256;
/** A round ends after so many seals; the next one goes on. */
const SEALS_PER_ROUND = 200;

/** How many entries were sealed. */
export const sealBooks = async (context: Context, sealing: Sealing): Promise<number> => {
  let entries = 0;
  for (let n = 0; n < SEALS_PER_ROUND; n += 1) {
    const sealed = await sealOnce(context, sealing);
    if (sealed === 0) break;
    entries += sealed;
  }
  return entries;
};

const sealOnce = async (context: Context, sealing: Sealing): Promise<number> => {
  const seal = await context.database.system(async (tx) => {
    if (!(await becomeSealer(tx))) return null;
    const last = await loadLastSeal(tx);
    const since = last?.upto ?? 0n;
    const upto = await loadNextEnd(tx, since, TRANSACTIONS_PER_SEAL);
    if (upto === null) return null;

    const leaves = (await loadBetween(tx, since, upto)).map(entryLeaf);
    const sealed = nextSeal(sealing, last, { leaves, upto, atMs: context.clock.now() });
    await storeSeal(tx, sealed);
    return sealed;
  });
  if (seal === null) return 0;
  await noteSeal(sealing, seal);
  return seal.entries;
};

const SEALS_PER_STEP = 20;

/** Proves that every sealed entry is there, unchanged, and that none was slipped in among them. */
export const verifyBooks = (context: Context, sealing: Sealing): Promise<ChainVerdict> =>
  verifyChain(sealing, (after) =>
    context.database.system(async (tx) => {
      const seals = await loadSealsAfter(tx, after?.number ?? 0n, SEALS_PER_STEP);
      const leaves = new Map<bigint, Buffer[]>();
      let since = after?.upto ?? 0n;
      for (const seal of seals) {
        leaves.set(seal.number, (await loadBetween(tx, since, seal.upto)).map(entryLeaf));
        since = seal.upto;
      }
      return { seals, leavesOf: ({ number }) => leaves.get(number) ?? [] };
    }),
  );

const entryLeaf = (entry: SealedEntry): Buffer =>
  leafOf([
    String(entry.position),
    entry['account_id'],
    entry['livemode'],
    entry['id'],
    entry['posted_at'],
    entry['available_at'],
    entry['subject'],
    entry['purpose'],
    entry['part'],
    entry['currency'],
    entry['accounts'],
    entry['amounts'],
    entry['details'],
  ]);
