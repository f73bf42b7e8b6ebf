// The numbers by which a message and its answer, its repeat and its line in a settlement file are
// found: trace number, retrieval reference, transmission time, and the data of the original.

import { assert } from '#kit/assert';

const STAN_MAX = 999_999;

export const isStan = (stan: string): boolean => /^\d{6}$/.test(stan) && stan !== '000000';

/** The nth trace number of a link, counted from 1; after 999999 comes 000001 again. */
export const stanOf = (count: number): string => {
  assert(Number.isSafeInteger(count) && count >= 1, 'Trace numbers are counted from 1');
  return String(((count - 1) % STAN_MAX) + 1).padStart(6, '0');
};

export const isRrn = (rrn: string): boolean => /^[0-9A-Za-z]{12}$/.test(rrn);

/** YJJJHH and the trace number: last digit of the year, day of the year, hour, all of GMT. */
export const rrnOf = (at: Date, stan: string): string => {
  assert(isStan(stan), 'A retrieval reference ends with a trace number');
  const year = at.getUTCFullYear();
  const day = Math.floor((at.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  return `${year % 10}${String(day).padStart(3, '0')}${twoDigits(at.getUTCHours())}${stan}`;
};

/** Field 7, MMDDhhmmss of GMT. */
export const transmissionTime = (at: Date): string =>
  [at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
    .map(twoDigits)
    .join('');

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Field 90: which message a reversal or completion is about. */
export type OriginalData = {
  readonly mti: string;
  readonly stan: string;
  readonly transmittedAt: string;
  /** Fields 32 and 33 of the original; absent means zeros. */
  readonly acquirer?: string;
  readonly forwarder?: string;
};

const originalShape = /^(\d{4})(\d{6})(\d{10})(\d{11})(\d{11})$/;

export const spellOriginal = (original: OriginalData): string => {
  const { mti, stan, transmittedAt, acquirer = '', forwarder = '' } = original;
  const spelled = `${mti}${stan}${transmittedAt}${acquirer.padStart(11, '0')}${forwarder.padStart(11, '0')}`;
  assert(originalShape.test(spelled), 'The original data has a wrong length');
  return spelled;
};

/** Undefined when it is not original data. Institutions come back without the zeros in front. */
export const parseOriginal = (field: string): OriginalData | undefined => {
  const found = originalShape.exec(field);
  if (found === null) return undefined;
  const [, mti, stan, transmittedAt, acquirer, forwarder] = found as unknown as readonly string[];
  return {
    mti: mti as string,
    stan: stan as string,
    transmittedAt: transmittedAt as string,
    ...institution('acquirer', acquirer as string),
    ...institution('forwarder', forwarder as string),
  };
};

const institution = (name: 'acquirer' | 'forwarder', digits: string): Partial<OriginalData> => {
  const code = digits.replace(/^0+/, '');
  return code === '' ? {} : { [name]: code };
};
