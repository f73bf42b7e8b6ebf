// A standby takes over that had not heard of the last calls, while the server before it lives on. The gateway runs
// through all of it: what it had sent and the new server has forgotten is done a second time for nobody, and the old
// server is asked nothing any more. The bank's own journal is the judge.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asOwner, testContext } from '../src/for-tests.ts';
import { connect as connectTo } from '../src/platform/db/connection.ts';
import { connectionSettings } from '../src/platform/db/for-tests.ts';
import { withLogin } from '../src/platform/db/url.ts';
import { silent, temporaryFolder } from '../src/platform/postgres/for-tests.ts';
import { backUpServer, startCopy } from '../src/platform/postgres/for-tests-copy.ts';
import { startPostgres } from '../src/platform/postgres/start-postgres.ts';
import { openAccountAt } from './payments/support.ts';
import { newSandbox } from './sandbox/support/world.ts';
import { environmentFor, temporaryData } from './support/gateway.ts';
import { assertHealthy } from './support/health.ts';
import { createMerchant } from './support/merchant.ts';
import { startProcess } from './support/process.ts';
import { waitUntil } from './support/writers.ts';

/** The one address under which the gateway knows its database. */
const openDoor = async (socketFolder: string) => {
  let leadsTo = socketFolder;
  const open = new Set<Socket>();
  const server = createServer((here) => {
    const there = connect(`${leadsTo}/.s.PGSQL.5432`);
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      open.add(from);
      from.setNoDelay(true).on('error', () => {});
      from.on('close', () => {
        open.delete(from);
        to.destroySoon();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (folder: string): void => {
      leadsTo = folder;
    },
    cut,
    close: (): void => {
      server.close();
      cut();
    },
  };
};

const [of, copy] = [temporaryFolder(), temporaryFolder()];
const primary = await startPostgres({ dataFolder: of.folder, log: silent });
const door = await openDoor(primary.socketFolder);
const bank = await newSandbox();
const ends: (() => unknown)[] = [of.remove, copy.remove, () => primary.stop(), door.close];
after(async () => {
  for (const end of ends.toReversed()) await end();
});

const throughDoor = (url: string): string => {
  const { username, password, pathname } = new URL(url.replace('@/', '@here/'));
  return `postgres://${username}:${password}@127.0.0.1:${door.port}${pathname}`;
};
const data = temporaryData();
const behindDoor = throughDoor(primary.ownerUrl);
const gateway = await startProcess(environmentFor({ ownerUrl: behindDoor, appUrl: '' }, data));
const { databaseAppPassword } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8'));
const appUrl = withLogin(behindDoor, 'tollgate_app', databaseAppPassword);
const context = await testContext({ on: { ownerUrl: behindDoor, appUrl } });
const { key } = await createMerchant(context);
await context.database.close();
await openAccountAt(bank, gateway.ask, key);
/** Of the server that takes over. */
let newFolder: string;

const post = (path: string, form: string, idempotencyKey: string) =>
  gateway.ask('POST', `/v1/${path}`, { key, form, idempotencyKey });
const card = 'payment_method=pm_card_visa&confirm=true&currency=eur';
const fields =
  'payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2034&payment_method_data[card][cvc]=123&confirm=true&currency=eur';
const pay = (amount: number, idempotencyKey: string, more = card) =>
  post('payment_intents', `amount=${amount}&${more}`, idempotencyKey);

/** All that the bank has booked, by amount. */
const booked = () =>
  [...bank.journal().state().approvals.values()]
    .map(({ approvedMinor, capturedMinor, refundedMinor, state }) =>
      [approvedMinor, capturedMinor, refundedMinor, state].join(' '),
    )
    .sort();
const isReady = async () => (await gateway.ask('GET', '/readyz')).status === 200;

test('What a server that took over has forgotten is asked for again under its key, and nothing is done twice', async () => {
  const held = await pay(2_001, 'held', `${card}&capture_method=manual`);
  const other = await pay(2_002, 'other', `${card}&capture_method=manual`);
  const paid = await pay(2_003, 'paid');
  const owner = await connectTo(connectionSettings(primary.ownerUrl));
  await backUpServer((text) => owner.send({ name: '', text }), of.folder, copy.folder);
  await owner.close();
  const lost = {
    payment: () => pay(2_004, 'lost'),
    'payment with a card': () => pay(2_005, 'lost with a card', fields),
    capture: () => post(`payment_intents/${held.body.id}/capture`, '', 'capture'),
    refund: () => post('refunds', `payment_intent=${paid.body.id}&amount=500`, 'refund'),
  };
  for (const [what, ask] of Object.entries(lost)) {
    const { status, text } = await ask();
    assert.equal(status, 200, `${what}: ${text}`);
  }
  const before = booked();
  assert.equal(before.length, 5);

  const { server, ownerUrl, socketFolder } = await startCopy(of.folder, copy.folder);
  ends.push(() => server.stop());
  const there = { ownerUrl, appUrl: '' };
  await waitUntil('the standby answers', 30_000, () =>
    asOwner(there, 'select pg_promote()').then(
      () => true,
      () => false,
    ),
  );
  newFolder = socketFolder;
  door.leadTo(newFolder);
  process.kill(primary.pid, 'SIGKILL');
  await waitUntil('the gateway has noticed', 30_000, async () =>
    gateway.output().includes('Another server has taken over'),
  );
  await waitUntil('the gateway works on', 30_000, async () => {
    const { status } = await pay(2_006, 'new');
    return status === 200;
  });

  for (const [what, ask] of Object.entries(lost)) {
    const { status, body } = await ask();
    assert.deepEqual([status, body.error?.code], [409, 'payment_intent_outcome_unknown'], what);
  }
  // What it has not forgotten goes on.
  const captured = await post(`payment_intents/${other.body.id}/capture`, '', 'other capture');
  assert.equal(captured.status, 200, captured.text);
  const again = await pay(2_003, 'paid');
  assert.equal(again.body.id, paid.body.id);
  const now = ['2002 2002 0 captured', '2006 2006 0 captured'];
  const then = before.filter((each) => !each.startsWith('2002 '));
  assert.deepEqual(booked(), [...then, ...now].sort());

  const calls = await asOwner(
    there,
    'select kind, amount::integer as amount from rails.forgotten_calls order by amount, kind',
  );
  assert.deepEqual(
    calls.map(({ kind, amount }) => [kind, amount]),
    [
      [5, 500],
      [3, 2_001],
      [2, 2_004],
      [2, 2_005],
    ],
  );
  const said = gateway.output().split('knows nothing of it').length - 1;
  assert.equal(said, calls.length);
  await assertHealthy(there, ['a call that this database has forgotten was looked at by a person']);
});

test('The server that was taken over from is asked nothing, although it would answer', async () => {
  const before = booked();
  await waitUntil('it lives again', 30_000, () =>
    asOwner({ ownerUrl: primary.ownerUrl }, 'select 1').then(
      () => true,
      () => false,
    ),
  );
  door.leadTo(primary.socketFolder);
  door.cut();
  await waitUntil('it is not ready', 30_000, async () => !(await isReady()));
  for (let tries = 0; tries < 3; tries += 1) {
    const { status, text } = await pay(2_007, 'at the old one');
    assert.equal(status, 503, text);
  }
  assert.match(gateway.output(), /The database is an old one: nothing is asked of it/);
  assert.deepEqual(booked(), before);

  door.leadTo(newFolder);
  await waitUntil(
    'it works on',
    30_000,
    async () => (await pay(2_007, 'at the old one')).status === 200,
  );
  assert.equal(booked().length, before.length + 1);
});
