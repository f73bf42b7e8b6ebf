// What somebody tries who has the dump, the logs and this source code, and knows the first six and the
// last four digits of a card from its row: every number in between, under everything that could be a
// key, against everything that could be a digest. (That a vault's tables alone give nothing away, and
// what becomes of older backups, is shown beside the vault.)

import { createSecretKey, hash, randomBytes } from 'node:crypto';
import type { Scope } from '#kit/context';
import { fingerprintsOf, riskFingerprintsOf, spell } from '../../src/cards/vault/fingerprint.ts';
import { passesLuhn } from './canary-cards.ts';

export type Loot = {
  /** Text of whatever was stolen. */
  readonly texts: readonly string[];
  /** Text in which keys might lie. */
  readonly keyTexts: readonly string[];
};

export type Target = {
  readonly bin: string;
  readonly last4: string;
  readonly length: number;
  readonly scope: Scope;
};

/** The numbers that something stolen confirms. */
export const attack = (loot: Loot, target: Target): string[] => {
  const words = wordsOf(loot.texts);
  const keys = [...keysOf(loot.keyTexts), Buffer.alloc(0), Buffer.alloc(32)].map((key, n) => ({
    version: n,
    key: createSecretKey(key),
  }));
  const isThere = (digest: Buffer): boolean =>
    words.has(digest.toString('base64')) || words.has(spell(digest));

  return guessesOf(target).filter((number) => {
    const bytes = Buffer.from(number);
    return (
      words.has(number) ||
      salted(number, target.scope).some((text) =>
        ['md5', 'sha1', 'sha256', 'sha512'].some((name) => isThere(hash(name, text, 'buffer'))),
      ) ||
      fingerprintsOf(target.scope, keys, bytes).some(({ mac }) => isThere(mac)) ||
      riskFingerprintsOf(target.scope, keys, bytes).some((spelled) =>
        words.has(spelled.replace(/^risk\d+_/, '')),
      )
    );
  });
};

const salted = (number: string, { accountId }: Scope): string[] => [
  number,
  `${accountId}${number}`,
  `${number}${accountId}`,
  `account|${accountId}|live|${number}`,
  `installation|live|${number}`,
];

const guessesOf = ({ bin, last4, length }: Target): string[] => {
  const missing = length - bin.length - last4.length;
  return Array.from(
    { length: 10 ** missing },
    (_, middle) => `${bin}${String(middle).padStart(missing, '0')}${last4}`,
  ).filter(passesLuhn);
};

/** Each value in one spelling, so that a guess costs one look; and what stands at either end of it. */
const wordsOf = (texts: readonly string[]): ReadonlySet<string> => {
  const words = new Set<string>();
  for (const text of texts) {
    for (const [word] of text.matchAll(/[0-9A-Za-z+/_-]{12,}/g)) {
      words.add(word);
      words.add(Buffer.from(word, 'base64').toString('base64'));
    }
    for (const [word] of text.matchAll(/[0-9A-Za-z]{16}/g)) words.add(word);
    for (const [hex] of text.matchAll(/(?:[0-9a-f]{2}){16,}/g)) {
      const bytes = Buffer.from(hex, 'hex');
      for (const size of [16, 20, 32, 64, bytes.length]) {
        words.add(bytes.subarray(0, size).toString('base64'));
        words.add(bytes.subarray(-size).toString('base64'));
      }
    }
  }
  return words;
};

const keysOf = (texts: readonly string[]): Buffer[] => {
  const found = texts.flatMap((text) => text.match(/(?:[0-9a-f]{2}){16,128}/g) ?? []);
  return [...new Set(found)].map((hex) => Buffer.from(hex, 'hex'));
};

/** Careless things to keep, each of which gives the number away. */
export const sharp = (target: Target, number: string): Loot[] => {
  const key = randomBytes(32);
  const [mac] = fingerprintsOf(
    target.scope,
    [{ version: 1, key: createSecretKey(key) }],
    Buffer.from(number),
  );
  const keyTexts = [`(1,"\\\\x${key.toString('hex')}")`];
  const digest = hash('sha256', number, 'buffer');
  return [
    { texts: [`digest ${digest.toString('hex')}`], keyTexts: [] },
    { texts: [`digest ${digest.toString('base64')}`], keyTexts: [] },
    { texts: [`fingerprint ${spell(digest)}`], keyTexts: [] },
    { texts: [`fingerprint ${spell(mac?.mac ?? digest)}`], keyTexts },
    { texts: [`mac \\x${mac?.mac.toString('hex')}`], keyTexts },
  ];
};
