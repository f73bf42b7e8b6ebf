import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createAuthenticator, createKey, listKeys, revokeKey, rollKey } from '#identity/keys';
import type { Scope } from '#kit/context';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { isMistyped, newKeyText, readKeyText } from './api-key.ts';

const clock = manualClock();
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock });
  scope = await testAccount(context);
});

const HERE = '127.0.0.1';
const keyNamed = async (name: string) => {
  const key = (await listKeys(context, scope)).find((known) => known.name === name);
  assert.ok(key, name);
  return key;
};

describe("a key's text", () => {
  test('says kind and mode, and catches a typing error without the database', () => {
    const text = newKeyText(context.random, 'restricted', true);
    assert.match(text, /^rk_live_[0-9A-Za-z]{47}$/);
    assert.ok(readKeyText(text));
    assert.ok(!isMistyped(text));
    for (let at = 8; at < text.length; at += 1) {
      const wrong = text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
      assert.ok(isMistyped(wrong), wrong);
    }
    assert.ok(isMistyped(text.replace('live', 'test')));
    for (const wrong of ['', 'sk_test_', text.slice(1), `${text}x`]) {
      assert.equal(readKeyText(wrong), null, wrong);
    }
  });

  test('is nowhere in the database', async () => {
    const text = await createKey(context, { scope, kind: 'secret', name: 'Hidden' });
    const rows = await asOwner(context.on, 'select k::text as row from identity.api_keys k');
    const audit = await asOwner(context.on, 'select e::text as row from identity.audit_entries e');
    const all = JSON.stringify([...rows, ...audit]);
    assert.ok(!all.includes(text));
    assert.ok(!all.includes(text.slice(16, 40)));
  });
});

describe('a caller', () => {
  test('with a key is recognized with its account, mode, kind and permissions', async () => {
    const text = await createKey(context, {
      scope,
      kind: 'restricted',
      name: 'Reader',
      permissions: { customers: 'read' },
    });
    const found = await createAuthenticator().authenticate(context, text, HERE);
    assert.ok(found.ok);
    assert.deepEqual(found.key.scope, scope);
    assert.equal(found.key.kind, 'restricted');
    assert.deepEqual(found.key.permissions, { customers: 'read' });
  });

  test('with the right public part and a wrong secret is not', async () => {
    const text = await createKey(context, { scope, kind: 'secret', name: 'Guessed' });
    const other = newKeyText(context.random, 'secret', false);
    // A forger who knows the scheme also gets the checksum right.
    const forged = `${text.slice(0, 16)}${other.slice(16)}`;
    const found = await createAuthenticator().authenticate(context, forged, HERE);
    assert.deepEqual(found, { ok: false, why: 'unknown' });
  });

  test('is refused at once after the key is revoked, and the act is in the audit log', async () => {
    const authenticator = createAuthenticator();
    const text = await createKey(context, { scope, kind: 'secret', name: 'Revoked' });
    assert.ok((await authenticator.authenticate(context, text, HERE)).ok);

    const key = await keyNamed('Revoked');
    assert.equal(await revokeKey(context, key), true);
    assert.equal(await revokeKey(context, key), false);
    clock.advance(1_001);
    assert.deepEqual(await authenticator.authenticate(context, text, HERE), {
      ok: false,
      why: 'expired',
    });
    const acts = await asOwner(
      context.on,
      `select action from identity.audit_entries where action like 'api_key.%' order by position desc limit 1`,
    );
    assert.equal(acts[0]?.['action'], 'api_key.revoke');
  });

  test('may use the old key and the new one until the overlap ends', async () => {
    const authenticator = createAuthenticator();
    const old = await createKey(context, { scope, kind: 'publishable', name: 'Rolled' });
    const key = await keyNamed('Rolled');
    const next = await rollKey(context, key, 60 * 60 * 1000);
    assert.ok(next && next !== old && next.startsWith('pk_test_'));

    assert.ok((await authenticator.authenticate(context, old, HERE)).ok);
    assert.ok((await authenticator.authenticate(context, next, HERE)).ok);
    clock.advance(60 * 60 * 1000);
    assert.equal((await authenticator.authenticate(context, old, HERE)).ok, false);
    assert.ok((await authenticator.authenticate(context, next, HERE)).ok);
  });

  test('from an address that is not allowed is refused', async () => {
    const text = await createKey(context, { scope, kind: 'secret', name: 'At the office' });
    await asOwner(
      context.on,
      `update identity.api_keys set allowed_addresses = '{10.1.0.0/16,2001:db8::/32}' where name = 'At the office'`,
    );
    const from = async (address: string) =>
      (await createAuthenticator().authenticate(context, text, address)).ok;
    assert.equal(await from('10.1.2.3'), true);
    assert.equal(await from('2001:db8::1'), true);
    assert.equal(await from('10.2.0.1'), false);
    assert.equal(await from('::1'), false);
  });

  test("leaves a trace of the key's last use, once a minute", async () => {
    const authenticator = createAuthenticator();
    const text = await createKey(context, { scope, kind: 'secret', name: 'Used' });
    const lastUse = async () => (await keyNamed('Used')).lastUsedAtMs;
    await authenticator.authenticate(context, text, HERE);
    const first = await waitFor(lastUse);
    assert.equal(first, clock.now());

    clock.advance(30_000);
    await authenticator.authenticate(context, text, HERE);
    clock.advance(31_000);
    await authenticator.authenticate(context, text, HERE);
    const second = await waitFor(async () => ((await lastUse()) === first ? null : lastUse()));
    assert.equal(second, first + 61_000);
  });
});

/** What is noted behind the caller's back is there a moment later. */
const waitFor = async <T>(look: () => Promise<T | null>): Promise<T> => {
  for (let tries = 0; tries < 3_000; tries += 1) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not come.');
};

describe('rolling', () => {
  test('brings no ended key back, and keeps where a key may be used from', async () => {
    const authenticator = createAuthenticator();
    const old = await createKey(context, {
      scope,
      kind: 'secret',
      name: 'Leaked',
      allowedAddresses: ['127.0.0.0/8'],
    });
    const key = await keyNamed('Leaked');
    const next = await rollKey(context, key, 0);
    assert.ok(next);
    clock.advance(1_001);
    assert.equal((await authenticator.authenticate(context, old, HERE)).ok, false);
    assert.equal((await authenticator.authenticate(context, next, '10.0.0.1')).ok, false);
    assert.equal((await authenticator.authenticate(context, next, HERE)).ok, true);

    assert.equal(await rollKey(context, key, 60 * 60 * 1000), null);
    clock.advance(1_001);
    assert.equal((await authenticator.authenticate(context, old, HERE)).ok, false);
  });
});
