// The message type: version, class, function, origin, one digit each; and which answer belongs to
// which request.

import type { DialectFormat } from './dialect.ts';

const classes = {
  '1': 'authorization',
  '2': 'financial',
  '3': 'file action',
  '4': 'reversal',
  '5': 'reconciliation',
  '6': 'administrative',
  '7': 'fee collection',
  '8': 'network management',
} as const;

const functions = {
  '0': 'request',
  '1': 'response',
  '2': 'advice',
  '3': 'advice response',
  '4': 'notification',
  '5': 'notification acknowledgement',
} as const;

const origins = {
  '0': 'acquirer',
  '1': 'acquirer repeat',
  '2': 'issuer',
  '3': 'issuer repeat',
  '4': 'other',
  '5': 'other repeat',
} as const;

export type MtiMeaning = {
  readonly version: '1987' | '1993' | '2003';
  readonly class: (typeof classes)[keyof typeof classes];
  readonly function: (typeof functions)[keyof typeof functions];
  readonly origin: (typeof origins)[keyof typeof origins];
};

const mtiShape = /^[012][1-8][0-5][0-5]$/;

export const isMti = (mti: string, version?: DialectFormat['version']): boolean =>
  mtiShape.test(mti) && (version === undefined || mti[0] === version);

/** Undefined when it is not a message type. */
export const mtiMeaning = (mti: string): MtiMeaning | undefined => {
  if (!isMti(mti)) return undefined;
  const [version, kind, does, from] = mti as unknown as readonly [
    keyof typeof versions,
    keyof typeof classes,
    keyof typeof functions,
    keyof typeof origins,
  ];
  return {
    version: versions[version],
    class: classes[kind],
    function: functions[does],
    origin: origins[from],
  };
};

const versions = { '0': '1987', '1': '1993', '2': '2003' } as const;

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

export const answers = (answer: string, request: string): boolean => answerOf(request) === answer;

/** 0420 → 0421, and 0421 stays. Only what waits for an answer is repeated. */
export const repeatOf = (mti: string): string | undefined => {
  if (answerOf(mti) === undefined) return undefined;
  return mti.slice(0, 3) + String(Number(firstTime(mti.charAt(3))) + 1);
};

export const isRepeat = (mti: string): boolean => isMti(mti) && Number(mti.charAt(3)) % 2 === 1;

/** The origin of a message that is not a repeat: even digits. */
const firstTime = (origin: string): string => String(Number(origin) & ~1);
