// The message type: version, class, function, origin, one digit each; and which answer belongs to
// which request.

import type { DialectFormat } from './dialect.ts';

const mtiShape = /^[012][1-8][0-5][0-5]$/;

export const isMti = (mti: string, version?: DialectFormat['version']): boolean =>
  mtiShape.test(mti) && (version === undefined || mti[0] === version);

const answered: Readonly<Record<string, string>> = { '0': '1', '2': '3', '4': '5' };

/**
 * 0100 → 0110, 0420 → 0430. A repeat is answered as what it repeats: 0401 → 0410, 0421 → 0430.
 * Undefined for what needs no answer, because it is one.
 */
export const answerOf = (mti: string): string | undefined => {
  const answer = isMti(mti) ? answered[mti.charAt(2)] : undefined;
  if (answer === undefined) return undefined;
  return mti.slice(0, 2) + answer + firstTime(mti.charAt(3));
};

/** 0420 → 0421, and 0421 stays. Only what waits for an answer is repeated. */
export const repeatOf = (mti: string): string | undefined => {
  if (answerOf(mti) === undefined) return undefined;
  return mti.slice(0, 3) + String(Number(firstTime(mti.charAt(3))) + 1);
};

/** The origin of a message that is not a repeat: even digits. */
const firstTime = (origin: string): string => String(Number(origin) & ~1);
