// How many cards a core seals and opens in a second, beside the bare cipher in the same run.
//
//   npm run bench:vault -- [seconds per line]
//
// With DATABASE_VAULT_URL (a migrated database, as tollgate_vault) also through a whole vault: audit
// entry, group commit and all. The database is then part of what is measured.

import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashPointFrom, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { openDatabase } from '#platform/db';
import { openCardBytes, sealCardBytes } from '../../src/cards/vault/card-cipher.ts';
import { fingerprintsOf } from '../../src/cards/vault/fingerprint.ts';
import { localKeys, openVault } from '../../src/cards/vault/index.ts';
import type { CardRow } from '../../src/cards/vault/vault.store.ts';

const seconds = Number(process.argv[2] ?? 2);
const context = { clock: systemClock, random: systemRandom };
const scope = { accountId: newUuid(context), livemode: false };
const dataKey = { id: newUuid(context), key: createSecretKey(systemRandom.bytes(32)) };
const digits = '4000056655665556';
const details = { expMonth: 12, expYear: 2031, name: 'Ada Lovelace' };

/** Operations in a second, the best of three tries. */
const perSecond = (work: () => void): number => {
  for (let n = 0; n < 2_000; n += 1) work();
  let best = 0;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const startedMs = systemClock.monotonicMs();
    let count = 0;
    let elapsedMs = 0;
    while (elapsedMs < (seconds * 1000) / 3) {
      for (let n = 0; n < 200; n += 1) work();
      count += 200;
      elapsedMs = systemClock.monotonicMs() - startedMs;
    }
    best = Math.max(best, (count / elapsedMs) * 1000);
  }
  return best;
};

const bareKey = createSecretKey(systemRandom.bytes(32));
const clear = Buffer.alloc(20, '4');
const bound = Buffer.alloc(120, 'b');
const bareSeal = () => {
  const cipher = createCipheriv('aes-256-gcm', bareKey, systemRandom.bytes(12)).setAAD(bound);
  const sealed = cipher.update(clear);
  cipher.final();
  return { sealed, tag: cipher.getAuthTag() };
};
const nonce = systemRandom.bytes(12);
const bareCipher = createCipheriv('aes-256-gcm', bareKey, nonce).setAAD(bound);
const bareSealed = bareCipher.update(clear);
bareCipher.final();
const bareTag = bareCipher.getAuthTag();
const bareOpen = () => {
  const decipher = createDecipheriv('aes-256-gcm', bareKey, nonce).setAAD(bound);
  decipher.setAuthTag(bareTag);
  decipher.update(bareSealed);
  decipher.final();
};

const id = newUuid(context);
const number = Buffer.from(digits);
const seal = () => sealCardBytes(context, scope, dataKey, { id, number, details });
const sealed = seal();
const row: CardRow = {
  id,
  number: sealed.number,
  details: sealed.details,
  fingerprint: '',
  fingerprint_version: 1,
  used_at: 0,
  card_key_id: sealed.key.id,
  card_key_sealed: sealed.key.sealed,
  data_key_id: dataKey.id,
  data_key_retired: false,
  data_key_key_id: '',
  data_key_sealed: Buffer.alloc(0),
};
const fingerprintKeys = [{ version: 1, key: createSecretKey(systemRandom.bytes(32)) }];

const print = (what: string, rate: number, beside?: number): void => {
  const ratio = beside === undefined ? '' : `   ${(rate / beside).toFixed(2)} of the bare cipher`;
  process.stdout.write(
    `${what.padEnd(44)} ${Math.round(rate).toLocaleString('en').padStart(9)} /s${ratio}\n`,
  );
};

process.stdout.write(`${cpus()[0]?.model ?? 'unknown processor'}, node ${process.version}\n\n`);
process.stdout.write('One core, no database\n');
const bareSeals = perSecond(bareSeal);
const bareOpens = perSecond(bareOpen);
print('bare AES-256-GCM, seal 20 bytes', bareSeals);
print('bare AES-256-GCM, open 20 bytes', bareOpens);
print(
  'seal a card (3 ciphers: key, number, details)',
  perSecond(() => {
    seal();
  }),
  bareSeals,
);
print(
  'seal a card and fingerprint it',
  perSecond(() => {
    fingerprintsOf(scope, fingerprintKeys, number);
    seal();
  }),
  bareSeals,
);
print(
  'open a card (3 ciphers) and wipe it',
  perSecond(() => openCardBytes(scope, dataKey.key, row).wipe()),
  bareOpens,
);

const url = process.env['DATABASE_VAULT_URL'];
if (url !== undefined && url !== '') {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const actor = { kind: 'system', id: 'bench' } as const;
  const log = { debug() {}, info() {}, warn() {}, error: console.error };
  const database = openDatabase({
    url,
    poolSize: 16,
    clock: systemClock,
    crashPoint: crashPointFrom(undefined),
  });
  const vault = await openVault({
    context: { ...context, actor, log, database },
    providers: [
      await localKeys({
        ...context,
        shareFolders: [join(folder, 'a'), join(folder, 'b')],
        createFirst: true,
      }),
    ],
    livemode: false,
  });
  const cards: string[] = [];
  let next = 0;
  const keep = async (): Promise<void> => {
    next += 1;
    const card = { number: String(4_000_000_000_000_000 + next), expMonth: 1, expYear: 2031 };
    const received = await vault.receiveCard({ actor }, { scope, card });
    if (!received.ok) return;
    const kept = await vault.sealCard({ actor }, { scope, received: received.received });
    if (kept.ok) cards.push(kept.card);
  };
  const open = async (): Promise<void> => {
    const card = cards[next++ % cards.length] as string;
    await vault.withCard({ actor }, { scope, card, operation: 'bench' }, async () => {});
  };
  const inLanes = async (what: string, work: () => Promise<void>): Promise<void> => {
    const startedMs = systemClock.monotonicMs();
    const cpuBefore = process.cpuUsage();
    let count = 0;
    const lane = async (): Promise<void> => {
      while (systemClock.monotonicMs() - startedMs < seconds * 1000) {
        await work();
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: 64 }, lane));
    const { user, system } = process.cpuUsage(cpuBefore);
    const elapsedMs = systemClock.monotonicMs() - startedMs;
    print(what, (count / elapsedMs) * 1000);
    print('  per second of this process on a core', (count / (user + system)) * 1_000_000);
  };
  process.stdout.write('\nThrough the vault, 64 at once, with audit log and database\n');
  await inLanes('receive and seal a card', keep);
  await inLanes('open a card', open);
  await vault.close();
  await database.close();
}
