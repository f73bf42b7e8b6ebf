import type { Database, Write } from '#kit/context';
import { rank, spellTime, statement, writeRows } from '#platform/db';

export type ClockRow = {
  readonly offsetMs: number;
  /** Live mode has run here, and nobody moves it. */
  readonly isReal: boolean;
};

const readRow = statement(
  'clock.read',
  'select offset_ms::float8 as "offsetMs", is_real as "isReal" from platform.clock',
);

export const readClock = async (database: Pick<Database, 'read'>): Promise<ClockRow> => {
  const [row] = await database.read<ClockRow>(null, readRow);
  return row ?? { offsetMs: 0, isReal: true };
};

// From the offset that was read: of two who move it at once, one reads again and adds to the other's.
const moveRow = writeRows({
  name: 'clock.move',
  columns: {
    key: 'text',
    was_ms: 'bigint',
    offset_ms: 'bigint',
    moved_at: 'timestamptz',
    moved_by: 'text',
  },
  key: 'key',
  ownedBy: 'nobody',
  rank: rank.claim + 5,
  text: (given) => `update platform.clock c
   set offset_ms = given.offset_ms, moved_at = given.moved_at, moved_by = given.moved_by
  from ${given}
 where c.one and c.offset_ms = given.was_ms and given.offset_ms >= c.offset_ms and not c.is_real
returning given.key as key`,
});

export const moveClockFrom = (
  was: ClockRow,
  move: { readonly offsetMs: number; readonly atMs: number; readonly by: string },
): Write => ({
  into: moveRow,
  row: ['clock', was.offsetMs, move.offsetMs, spellTime(move.atMs), move.by],
});

const keepReal = statement(
  'clock.keep_real',
  `update platform.clock set is_real = true where one and offset_ms = 0 returning is_real as "isReal"`,
);

/** From now on nobody can move it. False where somebody has: then there is no way back. */
export const keepRealTime = (database: Pick<Database, 'system'>): Promise<boolean> =>
  database.system(async (tx) => (await tx.query(keepReal)).length === 1);
