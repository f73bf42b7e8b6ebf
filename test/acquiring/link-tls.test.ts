// A link under TLS, to a host that wants to know who calls: the sandbox behind a door of its own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { createServer } from 'node:tls';
import { type Endpoint, openAcquiring } from '#rails/acquiring';
import { certificates } from '../../src/cards/vault/for-tests-tls.ts';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { newWorld, quick } from './support/world.ts';

const authority = await certificates();
const [ofHost, ofUs] = await Promise.all([authority.of('host'), authority.of('gateway')]);
const ofStranger = await (await certificates()).of('stranger');

/** Ends TLS in front of a bank, and lets nobody in whom its authority does not know. */
const doorTo = async (port: number): Promise<number> => {
  const sockets = new Set<Socket>();
  const { ca, cert, key } = ofHost;
  const door = createServer({ ca, cert, key, requestCert: true }, (caller) => {
    const bank = connect(port, '127.0.0.1');
    for (const socket of [caller, bank]) sockets.add(socket.on('error', () => {}).setNoDelay(true));
    caller.on('close', () => bank.destroy()).pipe(bank);
    bank.on('close', () => caller.destroy()).pipe(caller);
  });
  door.on('tlsClientError', () => {});
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  after(() => {
    door.close();
    for (const socket of sockets) socket.destroy();
  });
  return (door.address() as AddressInfo).port;
};

test('a payment goes over it, with a certificate from the settings whose key is sealed', async () => {
  const world = await newWorld({
    port: doorTo,
    settings: () => ({
      host: 'localhost',
      tls: true,
      tls_ca: ofHost.ca,
      tls_certificate: ofUs.cert,
      tls_key: ofUs.key,
    }),
  });
  const { operation } = await world.pay();
  assert.equal(operation.state, 'approved', String(operation.code));
  assert.equal(world.live(operation.reference).length, 1);
  const [stored] = await asOwner(world.context.on, 'select settings from rails.connector_accounts');
  assert.doesNotMatch(JSON.stringify(stored), /PRIVATE KEY/);
});

describe('a link under TLS is not up', () => {
  const client = { certificate: ofUs.cert, key: ofUs.key };
  const strange = { certificate: ofStranger.cert, key: ofStranger.key };
  const wrong: Readonly<Record<string, NonNullable<Endpoint['tls']>>> = {
    'without a certificate that the host wants': { ca: ofHost.ca },
    'with one of an authority that the host does not know': { ca: ofHost.ca, client: strange },
    'to a host of an authority that we do not know': { ca: ofStranger.ca, client },
    'to a host of another name': { ca: ofHost.ca, client, serverName: 'bank.example.com' },
  };
  for (const [what, tls] of Object.entries(wrong)) {
    test(what, async () => {
      const context = await testContext();
      const bank = await newSandbox();
      const acquiring = openAcquiring(context);
      const link = acquiring.linkTo({
        profile: quick({}, { upMs: 500 })['sandbox-ascii'],
        endpoint: {
          reach: 'loopback',
          address: 'localhost',
          port: await doorTo(bank.ports.acquirer),
          tls,
        },
        acquirer: '12345',
      });
      try {
        await assert.rejects(link.ready(context.clock.now() + 5_000), { why: 'link_down' });
      } finally {
        await acquiring.close();
      }
    });
  }
});
