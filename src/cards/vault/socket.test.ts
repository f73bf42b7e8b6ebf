import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { connectVault } from './connect-vault.ts';
import { VaultForbidden, VaultRefused, VaultUnavailable } from './failures.ts';
import {
  atEnd,
  keep,
  newScope,
  plainCard,
  reveal,
  served,
  type TestVault,
  testCaller,
  testVault,
} from './for-tests.ts';
import { certificates } from './for-tests-tls.ts';
import { encodeFrame, FRAME_BYTES_MAX, FrameError, frameReader } from './frames.ts';
import { serveVault } from './serve-vault.ts';

const lengths = (total: number, json: number, rest = ''): Buffer => {
  const frame = Buffer.alloc(8 + rest.length, rest);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(json, 4);
  frame.write(rest, 8);
  return frame;
};

describe('a frame', () => {
  test('carries bytes beside its JSON, however the stream is cut', () => {
    const value = {
      verb: 'x',
      card: { number: Buffer.from('4242'), list: [Buffer.of(0, 255), 1] },
    };
    const stream = Buffer.concat([encodeFrame(value), encodeFrame('next'), encodeFrame(null)]);
    assert.ok(!encodeFrame(value).toString('latin1', 8, 60).includes('4242'));
    for (const size of [1, 3, 7, stream.length]) {
      const seen: unknown[] = [];
      const read = frameReader((frame) => seen.push(frame));
      for (let at = 0; at < stream.length; at += size) {
        read(Buffer.from(stream.subarray(at, at + size)));
      }
      assert.deepEqual(seen, [value, 'next', null]);
    }
  });

  test('is zeroed by whoever took it', () => {
    const seen: { number: Buffer }[] = [];
    const wipes: (() => void)[] = [];
    const read = frameReader((frame, wipe) => {
      seen.push(frame as { number: Buffer });
      wipes.push(wipe);
    });
    read(encodeFrame({ number: Buffer.from('4242') }));
    assert.equal(seen[0]?.number.toString(), '4242');
    wipes[0]?.();
    assert.deepEqual([...(seen[0]?.number ?? [])], [0, 0, 0, 0]);
  });

  test('that is too long, too short or no JSON is an error that repeats nothing', () => {
    for (const wrong of [
      lengths(FRAME_BYTES_MAX, 4),
      lengths(2, 4),
      lengths(8, 400, 'null'),
      lengths(20, 16, '4242424242424242'.replace('4', '{')),
    ]) {
      assert.throws(
        () => frameReader(() => {})(wrong),
        (error: Error) => error instanceof FrameError && !error.message.includes('424242'),
      );
    }
  });
});

/** What it hears until the vault hangs up. */
const endsAfter = (path: string, said: Buffer | null): Promise<string> =>
  new Promise((resolve) => {
    let heard = '';
    const socket = connect(path);
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
    if (said) socket.write(said);
  });

describe('the socket of the vault', () => {
  let opened: TestVault;
  let behind: Awaited<ReturnType<typeof served>>;
  before(async () => {
    opened = await testVault();
    behind = await served(opened);
  });

  test('and its tokens may be opened by their owner alone', async () => {
    for (const name of ['vault.sock', 'use.token', 'reveal.token']) {
      assert.equal((await stat(join(behind.folder, name))).mode & 0o777, 0o600, name);
    }
  });

  test('lets those who take cards in take them in, and not out', async () => {
    const scope = newScope();
    const { card } = await keep(behind.using, scope);
    await assert.rejects(reveal(behind.using, scope, card), VaultForbidden);
    await assert.rejects(behind.using.rotate(testCaller, { key: 'data' }), VaultForbidden);
    assert.notEqual(await reveal(behind.vault, scope, card), null);
  });

  test('ends with whoever has a wrong token, says nothing, or speaks another language', async () => {
    const request = { id: 1, verb: 'browserKey', actor: testCaller.actor, input: {} };
    for (const said of [
      encodeFrame({ hello: 'x'.repeat(43) }),
      encodeFrame({ hello: null }),
      encodeFrame(null),
      encodeFrame(request),
      Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'),
      null,
    ]) {
      assert.equal(await endsAfter(join(behind.folder, 'vault.sock'), said), '');
    }
  });

  test('knows no verb but those of the vault', async () => {
    const token = await readFile(join(behind.folder, 'reveal.token'), 'utf8');
    const answers = await new Promise<unknown[]>((resolve) => {
      const heard: unknown[] = [];
      const socket = connect(join(behind.folder, 'vault.sock'));
      const read = frameReader((value) => {
        heard.push(value);
        if (heard.length === 4) socket.destroy();
      });
      socket.on('data', read);
      socket.on('close', () => resolve(heard));
      socket.write(encodeFrame({ hello: token }));
      for (const verb of ['close', 'constructor', '__proto__']) {
        socket.write(encodeFrame({ id: verb, verb, actor: testCaller.actor, input: {} }));
      }
    });
    assert.deepEqual(
      answers.slice(1).map((answer) => (answer as { failure: { name: string } }).failure.name),
      ['VaultForbidden', 'VaultForbidden', 'VaultForbidden'],
    );
  });

  test('that goes away fails what is under way, and serves again when it is back', async () => {
    const folder = temporaryFolder('vault');
    const tokenFiles = { use: join(folder, 'use'), reveal: join(folder, 'reveal') };
    const at = { socket: join(folder, 'vault.sock') };
    const serve = () =>
      serveVault({ vault: opened.vault, context: opened.context, at, tokenFiles });
    const client = connectVault({ at, tokenFile: tokenFiles.reveal });
    atEnd(() => client.close());
    await assert.rejects(client.browserKey(), VaultUnavailable);

    const first = await serve();
    atEnd(() => first.close());
    await assert.rejects(serve(), VaultRefused);
    const scope = newScope();
    const { card } = await keep(client, scope);
    const cut = assert.rejects(
      Promise.all(
        Array.from({ length: 20 }, () => client.riskFingerprints(testCaller, { scope, card })),
      ),
      VaultUnavailable,
    );
    await first.close();
    await cut;

    const second = await serve();
    atEnd(() => second.close());
    assert.notEqual(await reveal(client, scope, card), null);
  });

  test('answers its own failures by name and all others without their words', async () => {
    const scope = { accountId: "x'; drop", livemode: false };
    await assert.rejects(keep(behind.vault, scope, plainCard()), (error: Error) => {
      assert.ok(error instanceof VaultUnavailable);
      assert.equal(error.message, 'The vault failed; its log says why.');
      return true;
    });
  });
});

describe('the vault over mutual TLS', () => {
  test('serves who shows a certificate of its authority, and no one else', async () => {
    const [ours, foreign] = [await certificates(), await certificates()];
    const [server, client] = [await ours.of('vault'), await ours.of('gateway')];
    const opened = await testVault();
    const behind = await served(opened, { tls: { server, client } });
    const scope = newScope();
    const { card } = await keep(behind.vault, scope);
    assert.notEqual(await reveal(behind.vault, scope, card), null);
    await assert.rejects(reveal(behind.using, scope, card), VaultForbidden);

    const stranger = await foreign.of('gateway');
    for (const tls of [
      { ...stranger, ca: client.ca },
      { ...client, ca: stranger.ca },
    ]) {
      const other = await served(opened, { tls: { server, client: tls } });
      await assert.rejects(keep(other.vault, scope), VaultUnavailable);
    }
  });
});
