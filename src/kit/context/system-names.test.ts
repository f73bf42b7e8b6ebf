import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import promises, { Resolver } from 'node:dns/promises';
import { createServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, isIP } from 'node:net';
import { after, describe, mock, test } from 'node:test';
import { lookUpWithin, type Reach, systemNetwork } from '#kit/context';
import { isAnswered } from './system-names.ts';

const begun: string[] = [];
const answers = Promise.withResolvers<never>();
answers.promise.catch(() => {});
let isSilent = false;
const known = new Map<string, readonly string[]>();
let lateMs = 0;
const real = performance.now.bind(performance);
const now = mock.method(performance, 'now', () => real() + lateMs);
const lookup = mock.method(promises, 'lookup', async (name: string) => {
  const addresses = known.get(name);
  if (addresses !== undefined) {
    known.delete(name);
    return addresses.map((address) => ({ address, family: isIP(address) }));
  }
  begun.push(name);
  return isSilent ? answers.promise : [{ address: '127.0.0.1', family: 4 }];
});
syncBuiltinESMExports();
const server = createServer((_, response) => {
  response.setHeader('connection', 'close');
  response.end('paid');
});
after(() => {
  for (const { mock: mocked } of [lookup, now]) mocked.restore();
  syncBuiltinESMExports();
  server.close();
});

test('Providers whose names nobody answers take few of the threads, and keep none from being reached that was before', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const ask = async (name: string): Promise<string> => {
    const answer = await systemNetwork.fetch(`http://${name}:${port}/`, { signal: stop.signal });
    return answer.text();
  };
  assert.equal(await ask('bank.test'), 'paid');
  isSilent = true;
  // By then it is asked for again.
  lateMs = 1_000;
  const silent = Array.from({ length: 20 }, (_, n) => ask(`silent-${n}.test`));
  const ended = Promise.allSettled(silent);
  assert.equal(await ask('bank.test'), 'paid');
  const threads = Number(process.env['UV_THREADPOOL_SIZE']) || 4;
  assert.ok(begun.length - 1 <= Math.ceil(threads / 8), `${begun.length - 1} names were asked for`);
  stop.abort();
  answers.reject(new Error('The server of names is away'));
  assert.deepEqual(new Set((await ended).map(({ status }) => status)), new Set(['rejected']));
});

test('Whether anybody answers for a name is what a server of names says of it, be it that there is none', async (t) => {
  const names = createSocket('udp4');
  t.after(() => names.close());
  names.on('message', (question, { port, address }) => {
    const type = question.readUInt16BE(question.indexOf(0, 12) + 1);
    if (question.includes('silent') || question.includes(`not-${type}`)) return;
    const answer = Buffer.from(question);
    // An answer, of a server that has no such name, or none of this kind for it.
    answer.writeUInt16BE(question.includes('empty') ? 0x81_80 : 0x81_83, 2);
    names.send(answer, port, address);
  });
  await new Promise<void>((resolve) => names.bind(0, '127.0.0.1', resolve));
  const resolver = () => {
    const asking = new Resolver({ timeout: 100, tries: 1 });
    asking.setServers([`127.0.0.1:${names.address().port}`]);
    return asking;
  };
  assert.equal(await isAnswered('bank.test', resolver()), true);
  assert.equal(await isAnswered('empty.test', resolver()), true);
  assert.equal(await isAnswered('silent.test', resolver()), false);
  // The kinds are A and AAAA: the system asks for both, and waits.
  assert.equal(await isAnswered('not-28.test', resolver()), false);
  assert.equal(await isAnswered('not-1.test', resolver()), false);
});

describe('Of the addresses that a name leads to', () => {
  let names = 0;
  /** Whoever were asked a second time would not answer. */
  const reached = (reach: Reach, addresses: readonly string[]): Promise<unknown> => {
    const name = `some-${(names += 1)}.test`;
    known.set(name, addresses);
    return new Promise((resolve) => {
      lookUpWithin(reach)(name, { all: true }, (error, found) =>
        resolve(error === null ? found : error.code),
      );
    });
  };

  test('those are connected to that are within reach', async () => {
    assert.deepEqual(await reached('public', ['10.0.0.1', '8.8.8.8', '64:ff9b::808:808', '::1']), [
      { address: '8.8.8.8', family: 4 },
      { address: '64:ff9b::808:808', family: 6 },
    ]);
    assert.deepEqual(await reached('loopback', ['8.8.8.8', '127.0.0.1']), [
      { address: '127.0.0.1', family: 4 },
    ]);
  });

  test('one at least has to be within reach', async () => {
    const inside = ['10.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::808:808'];
    assert.equal(await reached('public', inside), 'ERR_ADDRESS_REFUSED');
    assert.equal(await reached('loopback', ['8.8.8.8']), 'ERR_ADDRESS_REFUSED');
  });
});
