// A link to a bank: up when it has signed on, never before; back by itself; and silent without keys.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { transmissionTime } from '#kit/iso8583';
import { type HostSettings, type Link, openAcquiring } from '#rails/acquiring';
import { testContext } from '../../src/for-tests.ts';
import { manualClock } from '../../src/kit/context/for-tests.ts';
import { networkCodes, networkMessage } from '../../src/rails/acquiring/messages.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { quick } from './support/impatient.ts';

const context = await testContext();
const bank = await newSandbox();
const acquiring = openAcquiring(context);
after(() => acquiring.close());
let count = 0;
const linkTo = (
  timing: Parameters<typeof quick>[1] = {},
  more: Partial<HostSettings> = {},
): Link => {
  count += 1;
  return acquiring.linkTo({
    profile: quick({}, timing)['sandbox-ascii'],
    endpoint: { reach: 'loopback', address: '127.0.0.1', port: bank.ports.acquirer },
    acquirer: String(10_000 + count),
    ...more,
  });
};
const soon = (): number => context.clock.now() + 60_000;
const until = async (what: () => boolean): Promise<void> => {
  const endMs = context.clock.monotonicMs() + 60_000;
  while (!what()) {
    assert.ok(context.clock.monotonicMs() < endMs, 'it did not happen');
    await context.clock.sleep(5);
  }
};
const faultsOf = (rule: string): number =>
  bank.journal().lines.filter(({ fact }) => fact.fact === 'fault' && fact.rule === rule).length;

describe('a link', () => {
  test('is not up before it has signed on, and sends nothing until then', async () => {
    bank.setFaults([{ id: 'closed', kind: 'decline', code: '96', when: { mti: '08' } }]);
    const link = linkTo({ upMs: 100 });
    await assert.rejects(() => link.ready(soon()), { why: 'link_down' });
    assert.throws(
      () => link.ask({ mti: '0100', fields: {} }, { deadlineMs: soon(), untilMs: soon() }),
      {
        why: 'link_down',
      },
    );
    bank.setFaults([]);
    await until(() => link.isUp());
  });

  test('that is down is waited for once, and not again by each account that comes after', async () => {
    const clock = manualClock();
    const waiting = openAcquiring({ ...context, clock });
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    const ready = (account: string): Promise<void> =>
      waiting
        .linkTo({
          profile: quick({}, { upMs: 5_000 })['sandbox-ascii'],
          endpoint: { reach: 'loopback', address: '127.0.0.1', port },
          acquirer: '10000',
          account,
        })
        .ready(clock.now() + 60_000);
    const first = ready('first');
    clock.advance(4_999);
    const second = ready('second');
    clock.advance(1);
    for (const each of [first, second, ready('third')]) {
      await assert.rejects(each, { why: 'link_down', isUnreached: true });
    }
    await waiting.close();
  });

  test('is never up where the name of its host leads to an address that it may not', async () => {
    const named = { address: 'localhost', port: bank.ports.acquirer };
    const barred = linkTo({ upMs: 500 }, { endpoint: { ...named, reach: 'public' } });
    await assert.rejects(() => barred.ready(soon()), { why: 'link_down' });
    const own = linkTo({}, { endpoint: { ...named, reach: 'loopback' } });
    await own.ready(soon());
  });

  test('comes back when it was reset, however often', async () => {
    const link = linkTo({ idleMs: 20 });
    await link.ready(soon());
    bank.setFaults([{ id: 'flap', kind: 'reset', times: 6, when: { mti: '08' } }]);
    await until(() => faultsOf('flap') === 6);
    await until(() => link.isUp());
    await link.close();
  });

  /** Counts how often it was opened. */
  const throughDoor = async (timing: Parameters<typeof quick>[1]) => {
    const count = { opened: 0 };
    const door = createServer((here) => {
      count.opened += 1;
      const there = connect(bank.ports.acquirer, '127.0.0.1');
      here.pipe(there).pipe(here);
      for (const socket of [here, there]) socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const link = linkTo(timing, { endpoint: { reach: 'loopback', address: '127.0.0.1', port } });
    await link.ready(soon());
    assert.equal(count.opened, 1);
    const end = async (): Promise<void> => {
      await link.close();
      door.close();
    };
    return { link, count, end };
  };

  test('that gives no sign of life when it is idle is dropped and opened anew', async () => {
    const { link, count, end } = await throughDoor({ idleMs: 30, networkMs: 100 });
    bank.setFaults([{ id: 'mute', kind: 'hang', times: 1, when: { mti: '08' } }]);
    await until(() => faultsOf('mute') === 1);
    // How short it is down is not for a test to see.
    await until(() => count.opened >= 2 && link.isUp());
    await end();
  });

  /** Over which somebody asks, and is not answered in time. */
  const askInVain = async (link: Link): Promise<void> => {
    const stan = await link.traceNumbers.next();
    const transmittedAt = transmissionTime(new Date(context.clock.now()));
    const untilMs = context.clock.now() + 50;
    const message = networkMessage({ stan, transmittedAt, code: networkCodes.echo }, {});
    const { answer } = link.ask(message, { deadlineMs: untilMs, untilMs });
    assert.equal((await answer).heard, 'nothing');
  };

  test('over which one was not answered is asked at once whether it lives, for all accounts over it', async () => {
    const { link, count, end } = await throughDoor({ idleMs: 600_000, networkMs: 100 });
    bank.setFaults([{ id: 'dead', kind: 'hang', times: 2, when: { mti: '08' } }]);
    await askInVain(link);
    await until(() => count.opened >= 2 && link.isUp());
    assert.equal(faultsOf('dead'), 2);
    await end();
  });

  test('stays up where it lives, and only one was not answered', async () => {
    const { link, count, end } = await throughDoor({ idleMs: 600_000, networkMs: 30_000 });
    bank.setFaults([
      { id: 'passed over', kind: 'hang', times: 1, when: { mti: '08' } },
      { id: 'echoed', kind: 'slow', delayMs: 1, times: 1, when: { mti: '08' } },
    ]);
    await askInVain(link);
    await until(() => faultsOf('echoed') === 1);
    bank.setFaults([]);
    assert.deepEqual([link.isUp(), count.opened], [true, 1]);
    await end();
  });

  test('without its keys sends nothing', async () => {
    bank.setFaults([]);
    let asked = 0;
    const link = linkTo(
      { upMs: 100 },
      {
        exchangeKeys: async (ask) => {
          asked += 1;
          await ask('101');
          throw new Error('never reached: this host has no keys');
        },
      },
    );
    await until(() => asked > 0);
    await assert.rejects(() => link.ready(soon()), { why: 'link_down' });
    assert.equal(link.isUp(), false);
    await link.close();
  });

  test('that is closed takes no more, and has signed off', async () => {
    const link = linkTo();
    await link.ready(soon());
    await link.close();
    await assert.rejects(() => link.ready(soon()), { why: 'link_closing' });
  });
});
