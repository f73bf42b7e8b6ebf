// Fingerprints are keyed: without a key that is not in the database, nobody can try out numbers.
// `createHash` has no business in this module.

import { createHmac } from 'node:crypto';
import type { Scope } from '#kit/context';
import type { VersionedKey } from './shared-keys.ts';

export type Mac = { readonly version: number; readonly mac: Buffer };

const LENGTH = 16;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** One per account and mode: two merchants cannot tell that they serve the same card. */
export const fingerprintsOf = (
  scope: Scope,
  keys: readonly VersionedKey[],
  number: Buffer,
): Mac[] => macsOf(keys, `account|${scope.accountId}|${modeOf(scope)}|`, number);

/** One over all accounts of a mode, for risk alone. */
export const riskFingerprintsOf = (
  scope: Scope,
  keys: readonly VersionedKey[],
  number: Buffer,
): string[] =>
  macsOf(keys, `installation|${modeOf(scope)}|`, number).map(
    ({ version, mac }) => `risk${version}_${spell(mac)}`,
  );

const modeOf = (scope: Scope): string => (scope.livemode ? 'live' : 'test');

const macsOf = (keys: readonly VersionedKey[], prefix: string, number: Buffer): Mac[] =>
  keys.map(({ version, key }) => ({
    version,
    mac: createHmac('sha256', key).update(prefix).update(number).digest(),
  }));

/** Sixteen letters and digits: 95 bits, as Stripe spells its own. */
export const spell = (mac: Buffer): string => {
  let rest = BigInt(`0x${mac.toString('hex')}`);
  let spelled = '';
  for (let place = 0; place < LENGTH; place += 1) {
    spelled += ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return spelled;
};
