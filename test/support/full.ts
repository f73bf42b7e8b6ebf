// Short runs are for every commit, full ones (`npm test -- --full`) for the night.

export const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';

/** Of the full size: 0.1 is a tenth, for a part of the night. */
const share = Number(process.env['TOLLGATE_TEST_SHARE'] ?? 1);

export const runs = (short: number, full: number): number =>
  isFull ? Math.max(short, Math.ceil(full * share)) : short;

/** Told in every failure of a generated test, and taken from there to run it again. */
export const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
