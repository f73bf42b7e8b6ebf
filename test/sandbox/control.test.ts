// People and tests look at the bank, set its faults and move its clock.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { charge, codeOf, connectGateway } from './support/gateway.ts';
import { newSandbox } from './support/world.ts';

const DAY_MS = 86_400_000;
const sandbox = await newSandbox();
const gateway = await connectGateway(sandbox.ports.acquirer);
const address = `http://127.0.0.1:${sandbox.ports.control}`;
const get = async (path: string) => (await fetch(address + path)).json() as Promise<never>;
const change = async (method: string, path: string, body: unknown) => {
  const response = await fetch(address + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

await gateway.ask(charge(1, { mti: '0100' }));
await gateway.ask(charge(2, { card: '5555555555554444' }));

test('accounts and holds are those of the books', async () => {
  const card = sandbox.cardToken('4242424242424242');
  const holds: Record<string, unknown>[] = await get(`/holds?card=${card}`);
  assert.deepEqual(
    holds.map(({ held_minor, currency }) => [held_minor, currency]),
    [['5000', '978']],
  );
  const accounts: Record<string, unknown>[] = await get('/accounts?card=MERCHANT0000001');
  assert.deepEqual(
    accounts.map(({ account, balance_minor }) => [account, balance_minor]),
    [['acquirer/merchant/MERCHANT0000001', '5000']],
  );
});

test('the journal is asked by reference and card', async () => {
  const lines: { fact: { fact: string } }[] = await get('/journal?reference=632412000001');
  assert.deepEqual(
    lines.map(({ fact }) => fact.fact),
    ['approved'],
  );
  const live: { reference: string }[] = await get('/journal/live-approvals');
  assert.equal(live.length, 2);
});

test('the cards of this world are listed without their numbers', async () => {
  const cards: { last4: string; decline?: string }[] = await get('/cards');
  assert.ok(cards.length > 120);
  assert.equal(cards.find(({ last4 }) => last4 === '9995')?.decline, '51');
  assert.doesNotMatch(JSON.stringify(cards), /\d{13}/);
});

test('faults are set, and refused with a reason', async () => {
  const rules = [{ id: 'r', kind: 'decline', code: '05', times: 1 }];
  assert.equal((await change('PUT', '/faults', rules)).status, 200);
  assert.equal(codeOf(await gateway.ask(charge(3))), '05');
  assert.equal(codeOf(await gateway.ask(charge(4))), '00');
  const refused = await change('PUT', '/faults', [{ id: 'r', kind: 'explode' }]);
  assert.deepEqual(refused, { status: 400, body: { reason: 'Rule 1: `kind` has no such value.' } });
  await change('PUT', '/faults', []);
});

test('limits of a card decide', async () => {
  const number = '4111111111111111';
  assert.equal((await change('PUT', '/limits', { number, amount_minor: 100 })).status, 200);
  assert.equal(codeOf(await gateway.ask(charge(5, { card: number }))), '61');
  await change('PUT', '/limits', { number, count_per_day: 1 });
  assert.equal(codeOf(await gateway.ask(charge(6, { card: number }))), '00');
  assert.equal(codeOf(await gateway.ask(charge(7, { card: number }))), '65');
  assert.equal((await change('PUT', '/limits', { number: '4000' })).status, 400);
});

test('the clock is moved, and holds end', async () => {
  assert.equal((await change('POST', '/clock', { advance_ms: -1 })).status, 400);
  await change('POST', '/clock', { advance_ms: 8 * DAY_MS });
  const { now }: { now: string } = await get('/clock');
  assert.ok(Date.parse(now) > Date.now() + 7 * DAY_MS);
  await gateway.ask(charge(8));
  assert.deepEqual(await get('/holds'), []);
  const ended = sandbox.journal().lines.filter(({ fact }) => fact.fact === 'expired');
  assert.equal(ended.length, 1);
});

test('the page shows what happened, runs only its own script and names no card', async () => {
  for (const [path, shows] of [
    ['/', /632412000002/],
    ['/?view=wire', /424242\*{6}4242/],
    ['/?view=settlement', /MERCHANT0000001/],
    ['/?view=disputes', /Nothing is disputed/],
    ['/?view=bank', /camt\.053|statement/],
    ['/?view=faults', /Add a rule[^]*every network[^]*issuer does not answer/],
    ['/?view=books', /acquirer\/merchant\/MERCHANT0000001[^]*Holders’ accounts[^]*visa 4242/],
    ['/?reference=632412000002', /approved/],
  ] as const) {
    const response = await fetch(address + path);
    const page = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'.*script-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.ok(shows.test(page), path);
    assert.ok(!/<script>|style=|4242424242424242|5555555555554444/.test(page), path);
  }
});

test('what somebody typed is shown as text', async () => {
  const page = await (
    await fetch(`${address}/?reference=%3Cscript%3Ealert(1)%3C/script%3E`)
  ).text();
  assert.match(page, /&lt;script&gt;alert/);
  assert.doesNotMatch(page, /<script>/);
});

test('other sites and other addresses are refused', async () => {
  const asked = await fetch(`${address}/faults`, { method: 'PUT', body: '[]' });
  assert.equal(asked.status, 415);
  assert.equal((await fetch(`${address}/faults/none`, { method: 'DELETE' })).status, 404);
  const status = await new Promise((resolve, reject) => {
    request(`${address}/faults`, { headers: { host: 'bank.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 403);
  assert.equal((await fetch(`${address}/nothing`)).status, 404);
});

test('after all this the books balance', async () => {
  assert.deepEqual(await sandbox.checkBooks(), []);
});
