// Where a webhook may connect to is judged on what a name resolves to at that moment, each address by itself.

import assert from 'node:assert/strict';
import names from 'node:dns/promises';
import { createServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net, { type AddressInfo, isIP } from 'node:net';
import { after, before, describe, mock, test } from 'node:test';
import { AddressRefused, systemNetwork } from '#kit/context';
import { isPublicAddress } from '#kit/egress';

let connections = 0;
const server = createServer((_request, response) => void response.end('inside'));
server.on('connection', () => {
  connections += 1;
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => void server.close());
const { port } = server.address() as AddressInfo;

const post = (host: string, mayConnect: (address: string) => boolean) =>
  systemNetwork.post({
    url: `http://${host}:${port}/`,
    headers: {},
    body: Buffer.from('{}'),
    mayConnect,
    connectTimeoutMs: 2_000,
    timeoutMs: 5_000,
    answerBytesMax: 100,
  });

test('a name whose address is refused is never connected to', async () => {
  const judged: string[] = [];
  await assert.rejects(
    post('localhost', (address) => {
      judged.push(address);
      return false;
    }),
    AddressRefused,
  );
  assert.ok(judged.length > 0);
  assert.equal(connections, 0);
});

test('an address that was judged good is the one that is connected to', async () => {
  const { status, body } = await post('127.0.0.1', (address) => address === '127.0.0.1');
  assert.deepEqual([status, body.toString()], [200, 'inside']);
  assert.equal(connections, 1);
});

test('a name is judged with each call, and a second later by where it leads then', async () => {
  let leadsTo = '127.0.0.1';
  const asked = mock.method(names, 'lookup', () =>
    Promise.resolve([{ address: leadsTo, family: 4 }]),
  );
  syncBuiltinESMExports();
  const isInside = (address: string): boolean => address === '127.0.0.1';
  const begunMs = performance.now();
  try {
    await Promise.all([post('hook.example', isInside), post('hook.example', isInside)]);
    assert.equal((await post('hook.example', isInside)).status, 200);
    await assert.rejects(
      post('hook.example', () => false),
      AddressRefused,
    );
    // A crowded machine may have taken that second already.
    const isWithinTheSecond = performance.now() - begunMs < 1_000;
    if (isWithinTheSecond) assert.equal(asked.mock.callCount(), 1);

    const before = connections;
    const timesAsked = asked.mock.callCount();
    leadsTo = '10.1.2.3';
    await new Promise((done) => setTimeout(done, 1_050));
    await assert.rejects(post('hook.example', isInside), AddressRefused);
    assert.equal(asked.mock.callCount(), timesAsked + 1);
    assert.equal(connections, before);
  } finally {
    asked.mock.restore();
    syncBuiltinESMExports();
  }
});

test('a name that could not be resolved is asked for again at once', async () => {
  const asked = mock.method(names, 'lookup', () => Promise.reject(new Error('nobody knows')));
  syncBuiltinESMExports();
  try {
    for (let n = 0; n < 2; n += 1) {
      await assert.rejects(
        post('nobody.example', () => true),
        { message: 'nobody knows' },
      );
    }
    assert.equal(asked.mock.callCount(), 2);
  } finally {
    asked.mock.restore();
    syncBuiltinESMExports();
  }
});

describe('of the addresses of a name', () => {
  const living = new Set<string>();
  let leadsTo: readonly string[] = [];
  let dialled: string[] = [];

  const connectTcp = net.connect;
  const dial = (to: net.TcpNetConnectOpts): net.Socket => {
    const host = to.host ?? '';
    dialled.push(host);
    if (living.has(host)) return connectTcp({ ...to, host: '127.0.0.1', port });
    const refused = Object.assign(new Error('refused'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
    return new net.Socket().destroy(refused);
  };

  before(() => {
    mock.method(net, 'connect', dial);
    mock.method(names, 'lookup', () =>
      Promise.resolve(leadsTo.map((address) => ({ address, family: isIP(address) }))),
    );
    syncBuiltinESMExports();
  });
  after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  const given = (addresses: readonly string[], alive: readonly string[]): void => {
    leadsTo = addresses;
    living.clear();
    for (const address of alive) living.add(address);
  };

  /** Where nobody was, on the way to whoever is told. */
  const deadOnTheWay = async (name: string): Promise<readonly string[]> => {
    dialled = [];
    const outcome = post(name, () => true).then(({ body }) => body.toString());
    assert.equal(await outcome, 'inside');
    return dialled.filter((address) => !living.has(address));
  };

  const isReached = (name: string): Promise<boolean> =>
    post(name, () => true).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        assert.equal(error.code, 'ECONNREFUSED');
        return false;
      },
    );

  test('the next is told where nobody is at one, and at once from then on', async () => {
    given(['192.0.2.1', '192.0.2.2'], ['192.0.2.2']);
    assert.deepEqual(await deadOnTheWay('one-dead.example'), ['192.0.2.1']);
    assert.deepEqual(await deadOnTheWay('one-dead.example'), []);
  });

  test('two where nobody is are each looked at once', async () => {
    given(['2001:db8::1', '2001:db8::2', '192.0.2.1'], ['192.0.2.1']);
    assert.deepEqual(await deadOnTheWay('two-dead.example'), ['2001:db8::1', '2001:db8::2']);
    assert.deepEqual(await deadOnTheWay('two-dead.example'), []);
    assert.deepEqual(await deadOnTheWay('two-dead.example'), []);
  });

  test('as many as are tried at a time may be dead in front of one that lives', async () => {
    const dead = ['2001:db8::1', '2001:db8::2', '2001:db8::3'];
    given([...dead, '192.0.2.1'], ['192.0.2.1']);
    assert.equal(await isReached('three-dead.example'), false);
    assert.deepEqual(await deadOnTheWay('three-dead.example'), []);
  });

  test('where nobody was at any, each is looked at again', async () => {
    const dead = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    given([...dead, '192.0.2.4'], []);
    assert.equal(await isReached('all-dead.example'), false);
    assert.equal(await isReached('all-dead.example'), false);
    living.add('192.0.2.4');
    assert.equal(await isReached('all-dead.example'), false);
    assert.deepEqual(await deadOnTheWay('all-dead.example'), []);
  });

  test('those inside a network are left out, and the others told', async () => {
    const inside = ['10.1.2.3', '169.254.169.254', 'fd12:3456::1', '127.0.0.1'];
    given([...inside, '8.8.8.8'], [...inside, '8.8.8.8']);
    dialled = [];
    const { body } = await post('half-inside.example', isPublicAddress);
    assert.equal(body.toString(), 'inside');
    assert.deepEqual(dialled, ['8.8.8.8']);
  });

  test('those inside a network are not tried where nobody is at the others', async () => {
    given(['10.1.2.3', '8.8.8.8'], ['10.1.2.3']);
    dialled = [];
    await assert.rejects(post('half-dead.example', isPublicAddress), { code: 'ECONNREFUSED' });
    assert.deepEqual(dialled, ['8.8.8.8']);
  });

  test('each is judged with each call, before one is connected to', async () => {
    given(['192.0.2.1', '192.0.2.2'], ['192.0.2.2']);
    await deadOnTheWay('judged.example');
    dialled = [];
    const judged: string[] = [];
    const refuseEach = (address: string): boolean => {
      judged.push(address);
      return false;
    };
    await assert.rejects(post('judged.example', refuseEach), AddressRefused);
    assert.deepEqual([judged, dialled], [leadsTo, []]);
  });
});
