// A link to a bank: up when it has signed on, never before; back by itself; and silent without keys.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { type HostSettings, type Link, openAcquiring } from '#rails/acquiring';
import { testContext } from '../../src/for-tests.ts';
import { manualClock } from '../../src/kit/context/for-tests.ts';
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
    endpoint: { address: '127.0.0.1', port: bank.ports.acquirer },
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
          endpoint: { address: '127.0.0.1', port },
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

  test('comes back when it was reset, however often', async () => {
    const link = linkTo({ idleMs: 20 });
    await link.ready(soon());
    bank.setFaults([{ id: 'flap', kind: 'reset', times: 6, when: { mti: '08' } }]);
    await until(() => faultsOf('flap') === 6);
    await until(() => link.isUp());
    await link.close();
  });

  test('that gives no sign of life when it is idle is dropped and opened anew', async () => {
    let opened = 0;
    const door = createServer((here) => {
      opened += 1;
      const there = connect(bank.ports.acquirer, '127.0.0.1');
      here.pipe(there).pipe(here);
      for (const socket of [here, there]) socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const link = linkTo(
      { idleMs: 30, networkMs: 100 },
      { endpoint: { address: '127.0.0.1', port } },
    );
    await link.ready(soon());
    assert.equal(opened, 1);
    bank.setFaults([{ id: 'mute', kind: 'hang', times: 1, when: { mti: '08' } }]);
    await until(() => faultsOf('mute') === 1);
    // How short it is down is not for a test to see.
    await until(() => opened >= 2 && link.isUp());
    await link.close();
    door.close();
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
