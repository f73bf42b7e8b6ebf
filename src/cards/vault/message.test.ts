import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { systemRandom } from '#kit/context';
import { type ManualClock, manualClock } from '../../kit/context/for-tests.ts';
import {
  keep,
  newScope,
  reveal,
  served,
  type TestVault,
  testCaller,
  testVault,
} from './for-tests.ts';
import { concatKdf, decryptJwe, parseJwe } from './jwe.ts';
import type { BrowserKey, Vault } from './vault.ts';

const { subtle } = webcrypto;
const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url');
const jti = (): string => b64(systemRandom.bytes(16));

const u32 = (n: number): number[] => [0, 0, n >> 8, n & 255];
const chance = (below: number): number => systemRandom.bytes(4).readUInt32BE() % below;

/** As a browser does it: WebCrypto and nothing else. */
const sealAs = async (
  key: BrowserKey,
  payload: unknown,
  header: Record<string, unknown> = {},
): Promise<string> => {
  const pair = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, [
    'deriveBits',
  ]);
  const theirs = await subtle.importKey(
    'jwk',
    { ...key.publicKey },
    { name: 'ECDH', namedCurve: 'P-256' },
    false,
    [],
  );
  const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, pair.privateKey, 256);
  const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey);
  const head = b64(
    JSON.stringify({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      kid: key.kid,
      epk: { kty, crv, x, y },
      ...header,
    }),
  );
  const name = Buffer.from('A256GCM');
  const round = Buffer.concat([
    Buffer.from(u32(1)),
    Buffer.from(shared),
    Buffer.from(u32(name.length)),
    name,
    Buffer.from([...u32(0), ...u32(0), ...u32(256)]),
  ]);
  const raw = await subtle.digest('SHA-256', round);
  const content = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  const iv = Buffer.from(systemRandom.bytes(12));
  const body = Buffer.from(
    await subtle.encrypt(
      { name: 'AES-GCM', iv, additionalData: Buffer.from(head) },
      content,
      Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    ),
  );
  return [head, '', b64(iv), b64(body.subarray(0, -16)), b64(body.subarray(-16))].join('.');
};

const NUMBER = '4000056655665556';
const audiences = ['acct_mine', 'pi_mine'];
const cardOf = (changes = {}) => ({
  number: NUMBER,
  exp_month: 12,
  exp_year: 2031,
  cvc: '123',
  ...changes,
});

describe('the arithmetic of a sealed message', () => {
  test('derives the key of RFC 7518, appendix C', () => {
    const bob = createECDH('prime256v1');
    bob.setPrivateKey(Buffer.from('VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw', 'base64url'));
    const alice = Buffer.concat([
      Buffer.of(4),
      Buffer.from('gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0', 'base64url'),
      Buffer.from('SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps', 'base64url'),
    ]);
    const key = concatKdf(bob.computeSecret(alice), {
      algorithm: 'A128GCM',
      bits: 128,
      apu: 'Alice',
      apv: 'Bob',
    });
    assert.equal(key.toString('base64url'), 'VqqN6vgjbSBcIijNcacQGg');
  });

  test('opens what the jose package sealed', () => {
    const privateKey = createPrivateKey({
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'tLkm8hFVeTD6XIF9aK9ftaN-nEA0KJJqzzgs1g0rc7g',
        y: 'JX9tHx4uW5GwfBDITPFFNiSLdspLnge6hDRYwuh0lcI',
        d: 'ZXd6B2A9K4mSya7hm_4mNbca5KoRBd0hdWk-gpOpJ_Q',
      },
      format: 'jwk',
    });
    const jwe = parseJwe(
      'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6ImJrX2dvbGRlbiIsImVwayI6eyJ4IjoiVW9ZcGNZbERZNF9VcHhEZG9fNFFNQUJVMUNDTmkxbUVPVUFBbHRROXRqMCIsImNydiI6IlAtMjU2Iiwia3R5IjoiRUMiLCJ5IjoiV0lFUTQ5dERoQm1ETUdzUVA0bVVLU0duWnFkYkpMRHRDV2kxX3dtS3FrayJ9fQ..R2p0oyF-i54Gc1LN.kTU_t5hmazkNTG17OjbCTAn3rSNi9dCLdF41sERL5r9QfzB5WGZUyo4taWELQOjeFTFokw9hKjJ476C8-w5IGAswXTsGeQE_8ypOwbnsSR3nY2KWVi8aL-P5J7ZxeJU9bM_hy_MQ8Jcpf-OuN2cCI2FZCf5wfv9MhNP-YsNBItkSXkPTb6wHs2KtKxbdMbfPpA.SNg-bg6ts2sz98BPqKVOuw',
    );
    assert.ok(jwe);
    const clear = decryptJwe(jwe, privateKey);
    assert.equal(
      clear?.toString(),
      '{"aud":"acct_golden","iat":1768478400,"jti":"golden-golden-0001","card":{"number":"4242424242424242","exp_month":12,"exp_year":2031,"cvc":"123"}}',
    );
  });
});

const kinds = [
  { name: 'in this process', open: (opened: TestVault) => Promise.resolve(opened) },
  { name: 'behind a socket', open: (opened: TestVault) => served(opened) },
];

for (const kind of kinds) {
  describe(`a message sealed in a browser, for a vault ${kind.name}`, () => {
    let clock: ManualClock;
    let opened: TestVault;
    let vault: Vault;
    let key: BrowserKey;
    const scope = newScope();

    before(async () => {
      clock = manualClock(Date.parse('2026-03-04T12:00:00Z'));
      opened = await testVault({ clock });
      ({ vault } = await kind.open(opened));
      key = await vault.browserKey();
    });

    const payload = (changes = {}) => ({
      aud: 'acct_mine',
      iat: Math.floor(clock.now() / 1000),
      jti: jti(),
      card: cardOf(),
      ...changes,
    });
    const codeOf = async (jwe: string, of = vault): Promise<string> => {
      const outcome = await of.receiveCard(testCaller, { scope, card: { jwe, audiences } });
      return outcome.ok ? 'received' : outcome.code;
    };

    test('is received, and its number is seen by nobody on the way', async () => {
      const received = await vault.receiveCard(testCaller, {
        scope,
        card: { jwe: await sealAs(key, payload({ aud: 'pi_mine' })), audiences },
      });
      assert.ok(received.ok);
      assert.equal(received.last4, '5556');
      assert.equal(received.cvcLength, 3);
      assert.ok(!JSON.stringify(received).includes(NUMBER));
      const sealed = await vault.sealCard(testCaller, { scope, received: received.received });
      assert.ok(sealed.ok);
      assert.equal(await reveal(vault, scope, sealed.card), NUMBER);
    });

    test('may carry a CVC alone, for a card that is already stored', async () => {
      const { card } = await keep(vault, scope);
      const jwe = await sealAs(key, payload({ card: { cvc: '321' } }));
      const held = await vault.holdCvc(testCaller, {
        scope,
        cvcFor: 'op',
        cvc: { jwe, audiences },
      });
      assert.deepEqual(held, { ok: true, cvcLength: 3 });
      const outcome = await vault.withCard(
        testCaller,
        { scope, card, operation: 'op', cvcFor: 'op' },
        async ({ cvc }) => cvc?.toString(),
      );
      assert.deepEqual(outcome, { ok: true, value: '321' });
      const again = await sealAs(key, payload({ card: { cvc: '321' } }));
      assert.equal(await codeOf(again), 'number_missing');
    });

    test('is opened once, whichever process is asked', async () => {
      const other = await testVault({ on: opened.on, folders: opened.folders, clock });
      const jwe = await sealAs(key, payload());
      const codes = await Promise.all([
        ...Array.from({ length: 5 }, () => codeOf(jwe)),
        ...Array.from({ length: 5 }, () => codeOf(jwe, other.vault)),
      ]);
      assert.equal(codes.filter((code) => code === 'received').length, 1);
      assert.equal(codes.filter((code) => code === 'message_used').length, 9);
    });

    test('for another account or intent is refused, and stays good for its own', async () => {
      const jwe = await sealAs(key, payload({ aud: 'acct_theirs' }));
      assert.equal(await codeOf(jwe), 'message_not_for_you');
      const theirs = await vault.receiveCard(testCaller, {
        scope,
        card: { jwe, audiences: ['acct_theirs'] },
      });
      assert.ok(theirs.ok);
    });

    test('is refused when it is late or from the future', async () => {
      const now = Math.floor(clock.now() / 1000);
      for (const [iat, code] of [
        [now - 599, 'received'],
        [now - 601, 'message_expired'],
        [now + 59, 'received'],
        [now + 120, 'message_expired'],
        [now * 1000, 'message_expired'],
      ] as const) {
        assert.equal(await codeOf(await sealAs(key, payload({ iat }))), code, String(iat - now));
      }
    });

    test('under a key that is not known is refused', async () => {
      for (const kid of ['bk_unknown', 'local:1', '../x', '', 'a'.repeat(65)]) {
        const code = await codeOf(await sealAs(key, payload(), { kid }));
        assert.ok(code === 'message_key_unknown' || code === 'message_malformed', code);
      }
    });

    test('with any other header is refused', async () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
      for (const header of [
        { alg: 'none' },
        { alg: 'dir' },
        { alg: 'RSA-OAEP' },
        { alg: 'ECDH-ES+A256KW' },
        { enc: 'A128GCM' },
        { enc: 'A256CBC-HS512' },
        { zip: 'DEF' },
        { crit: ['exp'] },
        { apu: 'QQ' },
        { typ: 'JWE' },
        { jwk: {} },
        { kid: 1 },
        { kid: undefined },
        { epk: undefined },
        { epk: publicKey.export({ format: 'jwk' }) },
        { epk: { kty: 'EC', crv: 'P-256', x: key.publicKey.x, y: key.publicKey.x } },
        { epk: { ...key.publicKey, d: 'QQ' } },
        { epk: { ...key.publicKey, x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) } },
      ]) {
        const code = await codeOf(await sealAs(key, payload(), header));
        assert.equal(code, 'message_malformed', JSON.stringify(header));
      }
    });

    test('with any other payload is refused, and the refusal repeats nothing', async () => {
      const { card, ...rest } = payload();
      for (const wrong of [
        '',
        'null',
        '[]',
        '{"aud":',
        rest,
        payload({ card: null }),
        payload({ card: [NUMBER] }),
        payload({ card: cardOf({ pin: '1' }) }),
        payload({ card: cardOf({ number: 4_000_056_655_665_556 }) }),
        payload({ card: cardOf({ number: '4'.repeat(65) }) }),
        payload({ card: cardOf({ exp_month: '12' }) }),
        payload({ extra: 1 }),
        payload({ jti: 'short' }),
        payload({ jti: undefined }),
        payload({ iat: '1' }),
        payload({ aud: ['acct_mine'] }),
      ]) {
        const outcome = await vault.receiveCard(testCaller, {
          scope,
          card: { jwe: await sealAs(key, wrong), audiences },
        });
        assert.deepEqual(outcome, { ok: false, code: 'message_malformed' });
      }
      assert.equal(card.number, NUMBER);
    });

    test('cut short, lengthened or far too long is refused', async () => {
      const jwe = await sealAs(key, payload());
      for (let length = 0; length < jwe.length; length += 7) {
        assert.equal(await codeOf(jwe.slice(0, length)), 'message_malformed');
      }
      for (const wrong of [
        `${jwe}A`,
        `${jwe}.`,
        `${jwe}=`,
        `.${jwe}`,
        ' ',
        jwe + 'A'.repeat(100_000),
      ]) {
        assert.equal(await codeOf(wrong), 'message_malformed');
      }
      assert.equal(await codeOf(jwe), 'received');
    });

    test('changed in any way, a thousand times, is refused every time', async () => {
      const jwe = await sealAs(key, payload());
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
      let changes = 0;
      let refused = 0;
      while (changes < 1_000) {
        const at = chance(jwe.length);
        const letter = letters[chance(letters.length)] as string;
        const changed = [
          () => jwe.slice(0, at) + letter + jwe.slice(at + 1),
          () => jwe.slice(0, at) + letter + jwe.slice(at),
          () => jwe.slice(0, at) + jwe.slice(at + 1 + chance(5)),
        ][changes % 3]?.();
        if (changed === undefined || changed === jwe) continue;
        changes += 1;
        if ((await codeOf(changed)) !== 'received') refused += 1;
      }
      assert.equal(refused, 1_000);
      assert.equal(await codeOf(jwe), 'received');
    });

    test('is sealed to a key that changes every day, opens for one day more, and is then destroyed', async () => {
      const first = await vault.browserKey();
      assert.deepEqual(await vault.browserKey(), first);
      const other = await testVault({ on: opened.on, folders: opened.folders, clock });
      assert.deepEqual(await other.vault.browserKey(), first);

      clock.set(Date.parse('2026-03-05T23:59:00Z'));
      const second = await vault.browserKey();
      assert.notEqual(second.kid, first.kid);
      assert.equal(await codeOf(await sealAs(first, payload())), 'received');
      assert.equal(first.expiresAt, Date.parse('2026-03-06T00:00:00Z'));
      clock.set(first.expiresAt);
      const late = await sealAs(first, payload());
      assert.equal(await codeOf(late), 'message_key_unknown');
      await vault.maintain(testCaller);
      clock.set(first.expiresAt - 60_000);
      assert.equal(await codeOf(late), 'message_key_unknown');
      assert.equal(await codeOf(await sealAs(second, payload())), 'received');
    });
  });
}
