// Links whose messages are proved: keys are asked for, every message carries a code, and what is not proved
// is not believed. Keys change while messages are under way.

import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { NotSent } from '#kit/http-client';
import { aesMac, type Message } from '#kit/iso8583';
import { type Link, openAcquiring } from '#rails/acquiring';
import { testContext } from '../../src/for-tests.ts';
import { quick } from './support/impatient.ts';
import { type ProvingHost, provingHost } from './support/proving-host.ts';

const context = await testContext();
const acquiring = openAcquiring(context);
after(() => acquiring.close());
let count = 0;

const linkTo = (
  host: ProvingHost,
  timing: Parameters<typeof quick>[1] = {},
  keyOf = (given: Buffer): Buffer => given,
): Link => {
  count += 1;
  return acquiring.linkTo({
    profile: quick({}, { lateMs: 60_000, ...timing })['sandbox-ascii'],
    endpoint: { reach: 'loopback', address: '127.0.0.1', port: host.port },
    acquirer: String(20_000 + count),
    exchangeKeys: async (ask) => {
      const { fields } = await ask('101');
      const wrapped = Buffer.from(String(fields[63]), 'hex');
      const cipher = createDecipheriv('aes-128-ecb', host.exchangeKey, null).setAutoPadding(false);
      const key = Buffer.concat([cipher.update(wrapped), cipher.final()]);
      return { field: 128, compute: aesMac(keyOf(key)) };
    },
  });
};

const soon = (): number => context.clock.now() + 60_000;
const sale = async (link: Link): Promise<Message> => {
  const stan = await link.traceNumbers.next();
  return {
    mti: '0200',
    fields: {
      2: '4242424242424242',
      3: '000000',
      4: '000000000500',
      7: '1128120000',
      11: stan,
      32: '12345',
      37: `633212${stan}`,
      41: 'TERM0001',
      49: '978',
    },
  };
};
const askFor = async (link: Link): Promise<string> => {
  await link.ready(soon());
  const message = await sale(link);
  const heard = await link.ask(message, { deadlineMs: soon(), untilMs: soon() }).answer;
  return heard.heard === 'answer' ? String(heard.message.fields[39]) : heard.why;
};

describe('a link with keys', () => {
  test('proves every message, and is answered by a host that takes no other', async () => {
    const host = await provingHost();
    const link = linkTo(host);
    assert.equal(await askFor(link), '00');
    assert.equal(await askFor(link), '00');
    assert.deepEqual(host.counts, { keys: 1, proved: 3, refused: 0 });
    await link.close();
    assert.equal(host.counts.proved, 4, 'it has signed off with a code');
  });

  for (const lie of ['wrong_code', 'no_code'] as const) {
    test(`believes no answer with ${lie.replace('_', ' ')}, and comes back with new keys`, async () => {
      const host = await provingHost();
      const link = linkTo(host);
      await link.ready(soon());
      host.lies.push(lie);
      assert.equal(await askFor(link), 'unreadable');
      assert.equal(await askFor(link), '00');
      assert.equal(host.counts.keys, 2);
      await link.close();
    });
  }

  test('changes them while messages are under way, and loses none', async () => {
    const host = await provingHost();
    const link = linkTo(host, { keysMs: 30 });
    await link.ready(soon());
    // Answered under old keys, and sent when there are new ones.
    host.hold(3);
    const held = [askFor(link), askFor(link), askFor(link)];
    const codes = new Set<string>();
    while (host.counts.keys < 4) codes.add(await askFor(link));
    for (const each of await Promise.all(held)) codes.add(each);
    assert.deepEqual([...codes], ['00']);
    assert.equal(host.counts.refused, 0);
    await link.close();
  });

  for (const [what, keyOf] of [
    [
      'it gets no keys',
      (): Buffer => {
        throw new Error('Not what it was to be wrapped in');
      },
    ],
    ['its keys are not those of the host', (): Buffer => Buffer.alloc(16, 1)],
  ] as const) {
    test(`H7: sends nothing about money while ${what}, in clear text or otherwise`, async () => {
      const host = await provingHost();
      const link = linkTo(host, { upMs: 300 }, keyOf);
      // It has tried and come back, or that nothing was sent would say nothing.
      while (host.counts.keys < 3) {
        await assert.rejects(askFor(link), (error) => error instanceof NotSent);
      }
      assert.deepEqual(
        host.heard.filter((mti) => !mti.startsWith('08')),
        [],
      );
      await link.close();
    });
  }
});
