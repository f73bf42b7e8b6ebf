// How long what nobody wants is left before its bank is asked once more to take it back.

export const FIRST_MS = 600_000;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/**
 * After so many times in vain: twice as long each time. A bank that refuses is asked once a day at last; one that could
 * not be reached has refused nothing, and once an hour costs it nothing.
 */
export const waitAgainMs = (times: number, { wasSent }: { readonly wasSent: boolean }): number =>
  Math.min(FIRST_MS * 2 ** (Math.max(times, 1) - 1), wasSent ? DAY_MS : HOUR_MS);
