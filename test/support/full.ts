// Short runs are for every commit, full ones (`npm test -- --full`) for the night.

export const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';

export const runs = (short: number, full: number): number => (isFull ? full : short);

/** Told in every failure of a generated test, and taken from there to run it again. */
export const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
