// The jobs of the ledger: partitions ahead of time, snapshots up to where all is settled, and the release
// of what has become available.

import type { Context, Row } from '#kit/context';
import { spellTime, statement } from '#platform/db';

const prepare = statement(
  'ledger.prepare_partitions',
  'select books.prepare_partitions(($1::timestamptz)::date, 4)',
);
const take = statement('ledger.take_snapshots', 'select books.take_snapshots($1) as counted');
const release = statement(
  'ledger.release_due',
  'select books.release_due($1::timestamptz, $2, $3) as released',
);
const align = statement('ledger.align_positions', 'select books.align_positions() as aligned');

/** So many transactions are counted at once, which keeps a step far below the time limit of statements. */
const TRANSACTIONS_PER_STEP = 2_000;
const RELEASES_PER_STEP = 500;
/** A job ends after so many steps; the next period goes on. */
const STEPS_MAX = 1_000;

/** This month and the three after it get a table of their own. */
export const preparePartitions = async (context: Context): Promise<void> => {
  await context.database.system((tx) => tx.query(prepare, [spellTime(context.clock.now())]));
};

/** How many entries were counted. */
export const takeSnapshots = async (
  context: Context,
  transactionsPerStep = TRANSACTIONS_PER_STEP,
): Promise<bigint> => {
  let counted = 0n;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const [row] = await context.database.system((tx) =>
      tx.query<Row & { counted: bigint | null }>(take, [transactionsPerStep]),
    );
    if (row === undefined || row.counted === null) break;
    counted += row.counted;
  }
  return counted;
};

/**
 * How many sums became available. It releases what snapshots have counted, so a payment is released
 * once however often this runs.
 */
export const releaseDue = async (
  context: Context,
  { livemode, nowMs }: { readonly livemode: boolean; readonly nowMs: number },
): Promise<bigint> => {
  let released = 0n;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const [row] = await context.database.system((tx) =>
      tx.query<Row & { released: bigint }>(release, [
        spellTime(nowMs),
        livemode,
        RELEASES_PER_STEP,
      ]),
    );
    released += row?.released ?? 0n;
    if ((row?.released ?? 0n) < BigInt(RELEASES_PER_STEP)) break;
  }
  return released;
};

export const releaseBoth = async (context: Context): Promise<void> => {
  const nowMs = context.clock.now();
  // Only what was counted is released: when the clock has jumped, what was paid just before it is due too.
  await takeSnapshots(context);
  await releaseDue(context, { livemode: true, nowMs });
  await releaseDue(context, { livemode: false, nowMs });
};

/** Called as a process starts: after a restore from a dump, positions go on where the books stopped. */
export const alignPositions = async (database: Pick<Context['database'], 'system'>) =>
  database.system(async (tx) => {
    const [row] = await tx.query<Row & { aligned: boolean }>(align);
    return row?.aligned ?? false;
  });
