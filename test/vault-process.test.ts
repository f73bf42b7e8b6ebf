import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readSettings, type Settings } from '../src/config.ts';
import { type TestDatabase, testDatabase } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { type Gateway, startGateway } from '../src/main.ts';
import { environmentFor } from './support/gateway.ts';

const folder = temporaryFolder('vault');
const socket = join(folder, 'vault.sock');
let on: TestDatabase;
let vault: Gateway;
let gateway: Gateway;

// Each process has a data folder of its own, as on two machines; the tokens are in a third.
const settingsFor = (name: string, more: Record<string, string> = {}): Settings =>
  readSettings({
    ...environmentFor(on, join(folder, name)),
    TOLLGATE_VAULT_SOCKET: socket,
    TOLLGATE_VAULT_TOKENS: folder,
    TOLLGATE_LOG_LEVEL: 'error',
    ...more,
  });

before(async () => {
  on = await testDatabase();
  vault = await startGateway(settingsFor('vault'), { roles: ['vault'] });
  gateway = await startGateway(
    // Whatever the gateway would do with the vault's tables by itself must fail.
    settingsFor('gateway', { DATABASE_VAULT_URL: 'postgres://nobody:nothing@127.0.0.1:1/none' }),
    { roles: ['api', 'worker'], quickstart: true },
  );
});
after(async () => {
  await gateway.stop();
  await vault.stop();
});

const ask = async (method: string, path: string, form?: string) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${gateway.testKeys?.secretKey}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(form === undefined ? {} : { body: form }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { card: { last4: string }; kid: string },
  };
};

const card =
  'type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123';

describe('with a vault process of its own, a gateway', () => {
  test('takes cards, and has neither keys nor a way to the tables of the vault', async () => {
    const { status, body } = await ask('POST', '/v1/payment_methods', card);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.card.last4, '4242');
    assert.equal(existsSync(join(folder, 'gateway', 'keys')), false);
    assert.equal(existsSync(join(folder, 'vault', 'keys')), true);
  });

  test('gives browsers the key of the vault', async () => {
    const { status, body } = await ask('GET', '/v1/vault/key');
    assert.equal(status, 200);
    assert.match(body.kid, /^bk_/);
  });

  test('reaches it by a socket and tokens that only their owner may read', () => {
    for (const name of ['vault.sock', 'vault-use.token', 'vault-reveal.token']) {
      assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
    }
  });

  test('goes on without it, but for cards, and with cards again when it is back', async () => {
    await vault.stop();
    assert.equal((await ask('POST', '/v1/payment_methods', card)).status, 503);
    assert.equal((await ask('POST', '/v1/customers', 'name=Jenny')).status, 200);
    assert.equal((await ask('POST', '/v1/payment_methods', 'type=link')).status, 200);

    vault = await startGateway(settingsFor('vault'), { roles: ['vault'] });
    assert.equal((await ask('POST', '/v1/payment_methods', card)).status, 200);
  });
});

test('the role vault says what it needs when nobody told it where to listen', async () => {
  const { TOLLGATE_VAULT_SOCKET: _, ...env } = {
    ...environmentFor(on, join(folder, 'lost')),
    TOLLGATE_VAULT_SOCKET: '',
  };
  await assert.rejects(
    startGateway(readSettings(env), { roles: ['vault'] }),
    /set TOLLGATE_VAULT_SOCKET/,
  );
});
