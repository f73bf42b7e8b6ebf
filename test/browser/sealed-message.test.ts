// What `web/elements/seal.js` makes, against the vault that opens it: the module runs here as it runs
// in a browser, on WebCrypto alone.

import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import { before, describe, mock, type TestContext, test } from 'node:test';
import {
  newScope,
  randomNumber,
  reveal,
  served,
  testCaller,
  testVault,
} from '../../src/cards/vault/for-tests.ts';
import { decryptJwe, parseJwe } from '../../src/cards/vault/jwe.ts';
import type { BrowserKey, Vault } from '../../src/cards/vault/vault.ts';
import { type ManualClock, manualClock } from '../../src/kit/context/for-tests.ts';
import {
  type Card,
  concatKdf,
  fetchVaultKey,
  sealCard,
  TollgateError,
  type VaultKey,
  type VaultKeyAnswer,
  vaultKeyFrom,
} from '../../web/elements/seal.js';

const ACCOUNT = 'acct_mine';
const NOW = Date.parse('2026-03-04T12:00:00Z');
const DAY_SECONDS = 86_400;

const cardOf = (changes: Partial<Card> = {}): Card => ({
  number: '4000056655665556',
  exp_month: 12,
  exp_year: 2031,
  cvc: '123',
  ...changes,
});

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    assert.ok(error instanceof TollgateError, String(error));
    return error.code;
  }
};

describe('the key that a message is sealed with', () => {
  test('is derived as in RFC 7518, appendix C', async () => {
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const alice = await webcrypto.subtle.importKey(
      'jwk',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
        y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
        d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
      },
      curve,
      false,
      ['deriveBits'],
    );
    const bob = await webcrypto.subtle.importKey(
      'jwk',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
        y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
      },
      curve,
      false,
      [],
    );
    const shared = await webcrypto.subtle.deriveBits({ name: 'ECDH', public: bob }, alice, 256);
    const key = await concatKdf(new Uint8Array(shared), {
      algorithm: 'A128GCM',
      bits: 128,
      apu: 'Alice',
      apv: 'Bob',
    });
    assert.equal(Buffer.from(key).toString('base64url'), 'VqqN6vgjbSBcIijNcacQGg');
  });
});

describe('a sealed message', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'EC', crv: 'P-256', x, y };
  const answer: VaultKeyAnswer = {
    kid: 'bk_test',
    jwk,
    audience: ACCOUNT,
    expires_at: NOW / 1000 + DAY_SECONDS,
  };
  const key = () => vaultKeyFrom(answer, NOW / 1000);

  const opened = (jwe: string, privateKey: KeyObject = pair.privateKey) => {
    const parsed = parseJwe(jwe);
    assert.ok(parsed, 'It is a message that the vault can read.');
    const clear = decryptJwe(parsed, privateKey);
    return clear === null ? null : JSON.parse(clear.toString());
  };
  const headOf = (jwe: string) =>
    JSON.parse(Buffer.from(jwe.split('.', 1)[0] ?? '', 'base64url').toString());

  test('says in its header how it is sealed, and nothing else', async () => {
    const head = headOf(await sealCard({ key: key(), card: cardOf() }));
    assert.deepEqual(Object.keys(head), ['alg', 'enc', 'kid', 'epk']);
    assert.deepEqual(Object.keys(head.epk), ['kty', 'crv', 'x', 'y']);
    assert.deepEqual(
      { ...head, epk: { ...head.epk, x: null, y: null } },
      {
        alg: 'ECDH-ES',
        enc: 'A256GCM',
        kid: 'bk_test',
        epk: { kty: 'EC', crv: 'P-256', x: null, y: null },
      },
    );
  });

  test('holds the card, whom it is for, when it was made, and a number of its own', async () => {
    const payload = opened(
      await sealCard({
        key: key(),
        audience: 'pi_mine',
        card: cardOf({
          number: ' 4000 0566-5566 5556',
          exp_month: '01',
          exp_year: '31',
          name: 'Ada',
        }),
      }),
    );
    const { jti, ...rest } = payload;
    assert.match(jti, /^[\w-]{22}$/);
    assert.deepEqual(rest, {
      aud: 'pi_mine',
      iat: NOW / 1000,
      card: {
        number: '4000056655665556',
        exp_month: 1,
        exp_year: 31,
        cvc: '123',
        name: 'Ada',
      },
    });
  });

  test('is for the account of the key when nobody is named, and leaves out what was not given', async () => {
    const { number, exp_month, exp_year } = cardOf();
    const { aud, card } = opened(
      await sealCard({ key: key(), card: { number, exp_month, exp_year } }),
    );
    assert.equal(aud, ACCOUNT);
    assert.deepEqual(card, { number, exp_month, exp_year });
  });

  test('never repeats a key, a nonce or a number of its own', async () => {
    const made = await Promise.all(
      Array.from({ length: 200 }, () => sealCard({ key: key(), card: cardOf() })),
    );
    for (const part of [
      made.map((jwe) => headOf(jwe).epk.x),
      made.map((jwe) => jwe.split('.')[2]),
      made.map((jwe) => opened(jwe).jti),
    ]) {
      assert.equal(new Set(part).size, made.length);
    }
  });

  test('is as long for one card as for another', async () => {
    const short = { number: '378282246310005', exp_month: 1, exp_year: 31 };
    const lengths = await Promise.all(
      [short, cardOf(), cardOf({ name: 'Wolfeschlegelsteinhausenbergerdorff' })].map(
        async (card) => (await sealCard({ key: key(), card })).length,
      ),
    );
    assert.equal(new Set(lengths).size, 1, String(lengths));
  });

  test('is never longer than the vault reads', async () => {
    const name = '\u0001\ufffd'.repeat(100);
    const jwe = await sealCard({ key: key(), audience: 'a'.repeat(64), card: cardOf({ name }) });
    assert.equal(opened(jwe).card.name, name);
  });

  test('opens with the key it was sealed to, and with no other', async () => {
    const jwe = await sealCard({ key: key(), card: cardOf() });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal(opened(jwe, other.privateKey), null);
    assert.notEqual(opened(jwe), null);
  });

  test('is not sealed to a key that is none', async () => {
    for (const wrong of [
      { ...answer, jwk: { ...jwk, crv: 'P-384' } },
      { ...answer, jwk: { ...jwk, kty: 'RSA' } },
      { error: { message: 'no' } } as unknown as VaultKeyAnswer,
    ]) {
      assert.throws(() => vaultKeyFrom(wrong, NOW / 1000), { code: 'key_invalid' });
    }
    const offTheCurve = vaultKeyFrom({ ...answer, jwk: { ...jwk, y: jwk.x } }, NOW / 1000);
    assert.equal(await codeOf(sealCard({ key: offTheCurve, card: cardOf() })), 'key_invalid');
  });

  const refused: readonly [Partial<Card>, string][] = [
    [{ number: '' }, 'invalid_number'],
    [{ number: '4242' }, 'invalid_number'],
    [{ number: '4'.repeat(20) }, 'invalid_number'],
    [{ number: '4242 4242 4242 424x' }, 'invalid_number'],
    [{ exp_month: 13 }, 'invalid_expiry_month'],
    [{ exp_month: '' }, 'invalid_expiry_month'],
    [{ exp_month: 1.5 }, 'invalid_expiry_month'],
    [{ exp_year: 'soon' }, 'invalid_expiry_year'],
    [{ exp_year: 20_310 }, 'invalid_expiry_year'],
    [{ cvc: '' }, 'invalid_cvc'],
    [{ cvc: '12' }, 'invalid_cvc'],
    [{ name: 'a'.repeat(201) }, 'invalid_name'],
  ];
  for (const [changes, code] of refused) {
    test(`is not made of ${JSON.stringify(changes).slice(0, 40)}, and the error repeats none of it`, async () => {
      const work = sealCard({ key: key(), card: cardOf(changes) });
      await assert.rejects(work, (error) => {
        assert.ok(error instanceof TollgateError);
        assert.equal(error.code, code);
        assert.equal(error.type, 'card_error');
        const typed = String(Object.values(changes)[0]);
        assert.ok(
          typed.length < 3 || !JSON.stringify({ ...error, text: error.message }).includes(typed),
        );
        return true;
      });
    });
  }

  test('is not made where the browser has no WebCrypto, and says what to do', async (t) => {
    withGlobal(t, 'crypto', { getRandomValues: () => assert.fail('Nothing is drawn.') });
    await assert.rejects(sealCard({ key: key(), card: cardOf() }), {
      code: 'insecure_context',
      message: /open the page over https, or from localhost/,
    });
    assert.equal(await codeOf(fetchVaultKey('http://pay.test', 'pk_test_1')), 'insecure_context');
  });
});

for (const kind of ['in this process', 'behind a socket'] as const) {
  describe(`a vault ${kind}`, () => {
    let clock: ManualClock;
    let vault: Vault;
    let offered: BrowserKey;
    const scope = newScope();

    before(async () => {
      clock = manualClock(NOW);
      const opened = await testVault({ clock });
      ({ vault } = kind === 'in this process' ? opened : await served(opened));
      offered = await vault.browserKey();
    });

    const asAnswered = (): VaultKeyAnswer => ({
      kid: offered.kid,
      jwk: offered.publicKey,
      audience: ACCOUNT,
      expires_at: offered.expiresAt / 1000,
    });
    const keyNow = (): VaultKey => vaultKeyFrom(asAnswered(), clock.now() / 1000);
    const receive = (jwe: string, audiences = [ACCOUNT, 'pi_mine']) =>
      vault.receiveCard(testCaller, { scope, card: { jwe, audiences } });
    const receivedOr = async (jwe: string): Promise<string> => {
      const outcome = await receive(jwe);
      return outcome.ok ? 'received' : outcome.code;
    };

    test('opens what was sealed, for an account and for an intent', async () => {
      for (const audience of [ACCOUNT, 'pi_mine']) {
        const number = randomNumber();
        const received = await receive(
          await sealCard({
            key: keyNow(),
            audience,
            card: cardOf({ number, name: 'Zoë Ångström 山' }),
          }),
        );
        assert.ok(received.ok);
        assert.deepEqual(
          [received.last4, received.expMonth, received.expYear, received.cvcLength, received.name],
          [number.slice(-4), 12, 2031, 3, 'Zoë Ångström 山'],
        );
        const sealed = await vault.sealCard(testCaller, { scope, received: received.received });
        assert.ok(sealed.ok);
        assert.equal(await reveal(vault, scope, sealed.card), number);
      }
    });

    test('refuses what was sealed for somebody else, and what it has seen', async () => {
      const theirs = await sealCard({ key: keyNow(), audience: 'acct_theirs', card: cardOf() });
      assert.equal(await receivedOr(theirs), 'message_not_for_you');
      const once = await sealCard({ key: keyNow(), card: cardOf() });
      assert.equal(await receivedOr(once), 'received');
      assert.equal(await receivedOr(once), 'message_used');
    });

    test('refuses what was sealed to another key of the same name, and to a name it does not know', async () => {
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x = '', y = '' } = other.publicKey.export({ format: 'jwk' });
      const jwk = { kty: 'EC', crv: 'P-256', x, y };
      const wrongKey = vaultKeyFrom({ ...asAnswered(), jwk }, clock.now() / 1000);
      assert.equal(
        await receivedOr(await sealCard({ key: wrongKey, card: cardOf() })),
        'message_malformed',
      );
      const unknown = vaultKeyFrom({ ...asAnswered(), kid: 'bk_unknown' }, clock.now() / 1000);
      assert.equal(
        await receivedOr(await sealCard({ key: unknown, card: cardOf() })),
        'message_key_unknown',
      );
    });

    test('notices a header that was changed', async () => {
      const [head = '', ...rest] = (await sealCard({ key: keyNow(), card: cardOf() })).split('.');
      const spelled = Buffer.from(head, 'base64url').toString();
      // The same header, said differently.
      const again = Buffer.from(spelled.replace('{"alg"', '{ "alg"')).toString('base64url');
      assert.equal(await receivedOr([again, ...rest].join('.')), 'message_malformed');
      assert.equal(await receivedOr([head, ...rest].join('.')), 'received');
    });

    test('opens it for ten minutes', async () => {
      const [early, late] = await Promise.all([
        sealCard({ key: keyNow(), card: cardOf() }),
        sealCard({ key: keyNow(), card: cardOf() }),
      ]);
      clock.advance(599_000);
      assert.equal(await receivedOr(early), 'received');
      clock.advance(2_000);
      assert.equal(await receivedOr(late), 'message_expired');
    });

    test('opens it whatever the payer believes the time to be', async (t) => {
      for (const skewMs of [-400 * 86_400_000, -3_600_000, 90_000, 3_600_000, 400 * 86_400_000]) {
        withDate(t, clock.now() + skewMs);
        const jwe = await sealCard({ key: keyNow(), card: cardOf() });
        mock.timers.reset();
        assert.equal(await receivedOr(jwe), 'received', `${skewMs} ms off`);
      }
    });

    test('never gets what it would be too late to open', async () => {
      const { expires_at } = asAnswered();
      const near = vaultKeyFrom(asAnswered(), expires_at - 601);
      assert.equal(await codeOf(sealCard({ key: near, card: cardOf() })), 'done');
      const past = vaultKeyFrom(asAnswered(), expires_at - 600);
      assert.equal(await codeOf(sealCard({ key: past, card: cardOf() })), 'key_stale');
    });
  });
}

describe('the key of the vault', () => {
  let asked: string[];
  let expiresIn = 2 * DAY_SECONDS;
  let answers: () => Response | null = () => null;

  const pretend = (t: TestContext): void => {
    asked = [];
    answers = () => null;
    expiresIn = 2 * DAY_SECONDS;
    withGlobal(t, 'fetch', async (url: string, init?: RequestInit) => {
      asked.push(new URL(url).pathname);
      assert.deepEqual(
        [init?.credentials, init?.cache, init?.redirect, init?.referrerPolicy],
        ['omit', 'no-store', 'error', 'no-referrer'],
      );
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const body = url.endsWith('/time')
        ? { now: NOW / 1000 }
        : {
            kid: 'bk_1',
            jwk: publicKey.export({ format: 'jwk' }),
            audience: ACCOUNT,
            expires_at: NOW / 1000 + expiresIn,
          };
      return answers() ?? Response.json(body);
    });
  };
  const both = ['/v1/vault/key', '/elements/time'];
  let shops = 0;
  /** The module remembers as long as the page lives, so every test is a shop of its own. */
  const newShop = (): [string, string] => {
    shops += 1;
    return ['https://pay.test/', `pk_test_${shops}`];
  };

  test('is asked for once, however often and from wherever it is wanted', async (t) => {
    pretend(t);
    const shop = newShop();
    const [first, second] = await Promise.all([fetchVaultKey(...shop), fetchVaultKey(...shop)]);
    assert.equal(first, second);
    assert.equal(await fetchVaultKey('https://pay.test', shop[1]), first);
    assert.deepEqual(asked, both);
    await fetchVaultKey(...newShop());
    assert.equal(asked.length, 4, 'Another publishable key has an answer of its own.');
  });

  test('is asked for again after a failure', async (t) => {
    pretend(t);
    const shop = newShop();
    answers = () => new Response('Bad Gateway', { status: 502 });
    await assert.rejects(fetchVaultKey(...shop), { type: 'api_error', status: 502 });
    answers = () => {
      throw new TypeError('Failed to fetch');
    };
    await assert.rejects(fetchVaultKey(...shop), {
      code: 'connection_failed',
      message: 'The payment service could not be reached.',
    });
    answers = () => null;
    assert.equal((await fetchVaultKey(...shop)).kid, 'bk_1');
  });

  test('is asked for again before it ends', async (t) => {
    pretend(t);
    const shop = newShop();
    expiresIn = 599;
    await fetchVaultKey(...shop);
    await fetchVaultKey(...shop);
    assert.deepEqual(asked, [...both, ...both]);
  });

  test('is asked for again when the device slept, or its clock was set', async (t) => {
    for (const jumpMs of [8 * 3_600_000, -3_600_000]) {
      pretend(t);
      const shop = newShop();
      const key = await fetchVaultKey(...shop);
      withDate(t, Date.now() + jumpMs);
      assert.equal(await codeOf(sealCard({ key, card: cardOf() })), 'key_stale');
      assert.notEqual(await fetchVaultKey(...shop), key);
      mock.timers.reset();
    }
  });

  test('is never asked for with a secret key', async (t) => {
    pretend(t);
    for (const secret of ['sk_test_1', 'sk_live_1', 'rk_test_1']) {
      assert.equal(await codeOf(fetchVaultKey('https://pay.test', secret)), 'secret_key');
    }
    assert.deepEqual(asked, []);
  });
});

const withDate = (t: TestContext, now: number): void => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['Date'], now });
};

const withGlobal = (t: TestContext, name: 'crypto' | 'fetch', value: unknown): void => {
  const real = Object.getOwnPropertyDescriptor(globalThis, name);
  assert.ok(real);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => Object.defineProperty(globalThis, name, real));
};
