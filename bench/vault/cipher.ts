// One core and no database: what sealing and opening a card costs beside the bare cipher.

import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { openCardBytes, sealCardBytes } from '../../src/cards/vault/card-cipher.ts';
import type { CardRow } from '../../src/cards/vault/cards.store.ts';
import { fingerprintsOf } from '../../src/cards/vault/fingerprint.ts';
import { print } from './print.ts';

const context = { clock: systemClock, random: systemRandom };
const scope = { accountId: newUuid(context), livemode: false };
const dataKey = { id: newUuid(context), key: createSecretKey(systemRandom.bytes(32)) };
const digits = '4000056655665556';
const details = { expMonth: 12, expYear: 2031, name: 'Ada Lovelace' };

export const measureCipher = (seconds: number): void => {
  const bareSeals = perSecond(seconds, bareSeal);
  const bareOpens = perSecond(seconds, bareOpen);
  print('bare AES-256-GCM, seal 20 bytes', bareSeals);
  print('bare AES-256-GCM, open 20 bytes', bareOpens);
  print('seal a card (3 ciphers: key, number, details)', perSecond(seconds, seal), bareSeals);
  print(
    'seal a card and fingerprint it',
    perSecond(seconds, () => {
      fingerprintsOf(scope, fingerprintKeys, number);
      seal();
    }),
    bareSeals,
  );
  print(
    'open a card (3 ciphers) and wipe it',
    perSecond(seconds, () => openCardBytes(scope, dataKey.key, row).wipe()),
    bareOpens,
  );
};

/** Operations in a second, the best of three tries. */
const perSecond = (seconds: number, work: () => void): number => {
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
