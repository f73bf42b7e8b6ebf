// Key-encryption keys in files. Each key is split in two shares that say nothing alone (XOR with
// random bytes); the shares lie in two folders, which live mode wants to be two, with two owners.
// A key's id is a UUID of version 7, so the newest key is the one that sorts last.

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '#kit/context';
import { hmacSha256, sameBytes } from '#kit/crypto';
import { newUuid } from '#kit/ids';
import { KeyMissing, Tampered, VaultRefused } from './failures.ts';
import { type KeyProvider, purposeText } from './key-provider.ts';

export type LocalKeySettings = {
  readonly shareFolders: readonly [a: string, b: string];
  readonly clock: Clock;
  readonly random: Random;
  /** At the very first start. Live mode has its keys made by hand, by two people. */
  readonly createFirst: boolean;
};

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SHARE_MODE = 0o400;
const PREFIX = 'local:';

const parts = ['a', 'b'] as const;
type Part = (typeof parts)[number];

type Share = {
  readonly id: string;
  readonly share: Part;
  readonly bytes: string;
  readonly check: string;
};

export const localKeys = async (settings: LocalKeySettings): Promise<KeyProvider> => {
  let keys = await loadKeys(settings.shareFolders);
  if (keys.size === 0) {
    const stray = await straySentence(settings.shareFolders);
    if (stray !== null) throw new VaultRefused(stray);
    if (!settings.createFirst) {
      throw new VaultRefused(
        'There is no key for the vault: run `tollgate vault create-key` on this machine.',
      );
    }
    await createLocalKey(settings);
    keys = await loadKeys(settings.shareFolders);
  }

  const current = (): string => [...keys.keys()].sort().at(-1) as string;
  const find = async (keyId: string): Promise<KeyObject> => {
    const id = keyId.slice(PREFIX.length);
    // Another process may have made it a moment ago.
    if (!keys.has(id)) keys = await loadKeys(settings.shareFolders);
    const key = keys.get(id);
    if (key === undefined) {
      throw new KeyMissing(
        keyId,
        `put its two shares back (${nameOf(id, 'a')}, ${nameOf(id, 'b')}).`,
      );
    }
    return key;
  };

  return {
    id: 'local',
    currentKeyId: async () => PREFIX + current(),
    wrap: async (clear, purpose) => {
      const keyId = PREFIX + current();
      const nonce = settings.random.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', await find(keyId), nonce);
      cipher.setAAD(Buffer.from(`${keyId}|${purposeText(purpose)}`));
      const sealed = cipher.update(clear);
      cipher.final();
      return { keyId, sealed: Buffer.concat([nonce, sealed, cipher.getAuthTag()]) };
    },
    unwrap: async ({ keyId, sealed }, purpose) => {
      const key = await find(keyId);
      if (sealed.length < NONCE_BYTES + TAG_BYTES) throw tampered(keyId);
      const tagAt = sealed.length - TAG_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(`${keyId}|${purposeText(purpose)}`));
      decipher.setAuthTag(sealed.subarray(tagAt));
      const clear = decipher.update(sealed.subarray(NONCE_BYTES, tagAt));
      try {
        decipher.final();
      } catch {
        clear.fill(0);
        throw tampered(keyId);
      }
      return clear;
    },
    renew: async () => {
      await createLocalKey(settings);
      keys = await loadKeys(settings.shareFolders);
    },
    refusalsOfLiveMode: () => refusalsOf(settings.shareFolders),
  };
};

const tampered = (keyId: string): Tampered =>
  new Tampered(`A key wrapped by ${keyId} was changed or moved.`);

/** Makes a key and writes its two shares; nothing ever holds it whole but memory. Says its id. */
export const createLocalKey = async (
  settings: Pick<LocalKeySettings, 'shareFolders' | 'clock' | 'random'>,
): Promise<string> => {
  const id = newUuid(settings);
  const a = Buffer.from(settings.random.bytes(KEY_BYTES));
  const b = Buffer.from(settings.random.bytes(KEY_BYTES));
  const key = xor(a, b);
  const check = checkOf(key);
  key.fill(0);
  const [folderA, folderB] = settings.shareFolders;
  await writeShare(folderB, { id, share: 'b', bytes: b.toString('hex'), check });
  await writeShare(folderA, { id, share: 'a', bytes: a.toString('hex'), check });
  a.fill(0);
  b.fill(0);
  return PREFIX + id;
};

const writeShare = async (folder: string, share: Share): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, nameOf(share.id, share.share));
  const file = await open(`${path}.new`, 'w', SHARE_MODE);
  await file.writeFile(`${JSON.stringify(share)}\n`);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
  const entry = await open(folder, 'r');
  try {
    await entry.sync();
  } finally {
    await entry.close();
  }
};

const nameOf = (id: string, part: Part): string => `vault-key-${id}.share-${part}`;
const sharePattern = /^vault-key-([0-9a-f-]{36})\.share-([ab])$/;

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
};

/** Only pairs that are complete and belong together. */
const loadKeys = async (folders: readonly [string, string]): Promise<Map<string, KeyObject>> => {
  const [inA, inB] = await Promise.all(folders.map(namesIn));
  const keys = new Map<string, KeyObject>();
  for (const name of inA ?? []) {
    const [, id, part] = sharePattern.exec(name) ?? [];
    if (id === undefined || part !== 'a' || !inB?.includes(nameOf(id, 'b'))) continue;
    keys.set(id, await combine(folders, id));
  }
  return keys;
};

const combine = async (folders: readonly [string, string], id: string): Promise<KeyObject> => {
  const shares = await Promise.all(
    parts.map((part, n) => readShare(join(folders[n] as string, nameOf(id, part)))),
  );
  const [a, b] = shares.map((share) => Buffer.from(share.bytes, 'hex')) as [Buffer, Buffer];
  const key = a.length === KEY_BYTES && b.length === KEY_BYTES ? xor(a, b) : Buffer.alloc(0);
  a.fill(0);
  b.fill(0);
  const belongTogether = shares.every(
    (share) => share.id === id && sameBytes(Buffer.from(share.check), Buffer.from(checkOf(key))),
  );
  if (!belongTogether) {
    key.fill(0);
    throw new VaultRefused(
      `The two shares of key ${PREFIX}${id} do not belong together: put back the pair that was made together.`,
    );
  }
  const whole = createSecretKey(key);
  key.fill(0);
  return whole;
};

const readShare = async (path: string): Promise<Share> => {
  const { mode } = await stat(path);
  if ((mode & 0o777) !== SHARE_MODE) {
    throw new VaultRefused(
      `${path} may be read or written by others than its owner alone: run chmod 0400 on it.`,
    );
  }
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Share;
  } catch (error) {
    throw new VaultRefused(`${path} is not a share of a key: put back the file that was made.`, {
      cause: error instanceof SyntaxError ? undefined : error,
    });
  }
};

const xor = (a: Buffer, b: Buffer): Buffer => {
  const out = Buffer.alloc(KEY_BYTES);
  for (let n = 0; n < KEY_BYTES; n += 1) out[n] = (a[n] as number) ^ (b[n] as number);
  return out;
};

/** Tells whether two shares make the key they were made from, and nothing else of it. */
const checkOf = (key: Buffer): string =>
  hmacSha256(key, 'tollgate vault key check').toString('hex').slice(0, 16);

/** A share without its other half, as a sentence; null when there is none. */
const straySentence = async (folders: readonly [string, string]): Promise<string | null> => {
  const [inA, inB] = (await Promise.all(folders.map(namesIn))) as [string[], string[]];
  for (const name of [...inA, ...inB]) {
    const [, id, part] = sharePattern.exec(name) ?? [];
    if (id === undefined) continue;
    const other = part === 'a' ? 'b' : 'a';
    const there = (part === 'a' ? inB : inA).includes(nameOf(id, other));
    if (!there) {
      const folder = folders[part === 'a' ? 1 : 0];
      return `Share ${other} of key ${PREFIX}${id} is missing: put ${nameOf(id, other)} back into ${folder}.`;
    }
  }
  return null;
};

const refusalsOf = async (folders: readonly [string, string]): Promise<string[]> => {
  const refusals: string[] = [];
  const [a, b] = await Promise.all(folders.map((folder) => stat(folder).catch(() => null)));
  if (a && b && a.ino === b.ino && a.dev === b.dev) {
    refusals.push(
      'Both shares of the vault key lie in one folder: move share b to a folder of another owner and name that folder in the settings.',
    );
  }
  const stray = await straySentence(folders);
  if (stray !== null) refusals.push(stray);
  for (const folder of new Set(folders)) {
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      if (sharePattern.test(name)) {
        const { mode } = await stat(path);
        if ((mode & 0o777) !== SHARE_MODE) {
          refusals.push(
            `${path} may be read or written by others than its owner alone: run chmod 0400 on it.`,
          );
        }
      } else if (/^vault-key-.*\.(key|clear)$/.test(name)) {
        refusals.push(
          `${path} is a whole key in one clear file: split it with \`tollgate vault create-key\`, rotate to the new key and delete the file.`,
        );
      }
    }
  }
  return refusals;
};
