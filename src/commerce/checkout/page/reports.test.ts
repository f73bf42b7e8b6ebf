import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, describe, test } from 'node:test';
import { manualClock, silentLog } from '../../../kit/context/for-tests.ts';
import { reportsHandler } from './reports.ts';

describe('what browsers report', async () => {
  const clock = manualClock();
  const told: string[] = [];
  const counted: string[] = [];
  let address = '192.0.2.1';
  const handler = reportsHandler(
    {
      clock,
      log: {
        ...silentLog,
        warn: ({ why, count }) => void told.push(`${String(why)} ${String(count)}`),
      },
    },
    { observe: (directive) => void counted.push(directive), addressOf: () => address },
  );
  const server = createServer(
    (request, response) => void handler.handle(request, response, { requestId: '', params: {} }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const report = async (body: unknown): Promise<number> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: text });
    return answer.status;
  };
  const blocked = (url: string, directive = 'img-src') => ({
    'csp-report': { 'effective-directive': directive, 'blocked-uri': url },
  });
  beforeEach(() => {
    clock.advance(3 * 60 * 60_000);
    told.length = 0;
    counted.length = 0;
  });

  test('is counted each time and told once an hour, with how many there were', async () => {
    for (let times = 0; times < 3; times += 1) {
      assert.equal(await report(blocked('https://evil.example/?card=4242424242424242')), 204);
    }
    assert.deepEqual(told, ['img-src https://evil.example 1']);
    assert.deepEqual(counted, ['img-src', 'img-src', 'img-src']);
    clock.advance(61 * 60_000);
    await report(blocked('https://evil.example/'));
    assert.deepEqual(told, ['img-src https://evil.example 1', 'img-src https://evil.example 3']);
  });

  test('is read in both of its shapes, and is nothing where it makes no sense', async () => {
    await report([
      {
        type: 'csp-violation',
        body: { effectiveDirective: 'script-src-elem', blockedURL: 'inline' },
      },
      { type: 'integrity-violation', body: { blockedURL: 'https://x.example/a.js' } },
      { type: 'csp-violation', body: { effectiveDirective: 'made-up\nline' } },
    ]);
    for (const odd of ['', '{', '[]', 'null', '[[]]', '{"csp-report":7}']) await report(odd);
    assert.deepEqual(told, [
      'script-src-elem inline 1',
      'integrity https://x.example 1',
      'other unknown 1',
    ]);
  });

  test('fills neither the log nor the time of the process', async () => {
    let answers = 0;
    for (let at = 0; at < 300; at += 1) {
      if ((await report(blocked(`https://e${at}.example`))) === 429) answers += 1;
    }
    assert.ok(answers >= 90, `${answers} were told to wait`);
    assert.ok(told.length <= 200);
    address = '192.0.2.2';
    assert.equal(await report(blocked('https://other.example', 'base-uri')), 204);
    assert.equal(await report('x'.repeat(40_000)), 400);
  });
});
