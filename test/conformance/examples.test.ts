// The examples of the reference page, sent as they stand there: who copies one is told that something is not there at
// most, and never that the call itself is wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openAbroad } from '../support/away.ts';

const { gateway, merchant } = await openAbroad();
const { key } = merchant;

type Example = { readonly method: string; readonly path: string; readonly form: string };

const plain = (escaped: string): string =>
  escaped
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

const readExample = (command: string): Example => {
  const fields = [...command.matchAll(/-d (?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, quoted, bare]) => (quoted ?? bare ?? '').replaceAll(/\\(.)/g, '$1'),
  );
  return {
    method: / -G\b/.test(command) ? 'GET' : 'POST',
    path: (/\/v1\/[^\s]+/.exec(command)?.[0] ?? '').replaceAll(/\{\w+\}/g, 'x'),
    form: fields
      .map((field) => {
        const [name, ...value] = field.split('=');
        return `${encodeURIComponent(name ?? '')}=${encodeURIComponent(value.join('='))}`;
      })
      .join('&'),
  };
};

const { text: page } = await gateway.ask('GET', '/docs');
const examples = [...page.matchAll(/<pre tabindex="0"><code>(curl [^<]*)<\/code>/g)]
  .map(([, command]) => plain(command ?? ''))
  .filter((command) => / -d /.test(command))
  .map(readExample);

/** Which providers there are is said by an installation: a name that each has would be none. */
const namesProvider = ({ path, form }: Example): boolean =>
  path === '/v1/connector_accounts' && form.startsWith('connector=');

describe('an example of the reference', () => {
  test('is there for each call that takes something', () => assert.ok(examples.length > 80));

  for (const { method, path, form } of examples.filter((each) => !namesProvider(each))) {
    test(`can be sent: ${method} ${path}`, async () => {
      const { status, body } =
        method === 'GET'
          ? await gateway.ask(method, `${path}?${form}`, { key })
          : await gateway.ask(method, path, { key, form });
      // The clock of this gateway stands, whoever asks.
      if (status < 400 || status === 403) return;
      const { code, message } = body.error;
      assert.equal(code, 'resource_missing', `${status} ${message}\n${decodeURIComponent(form)}`);
    });
  }
});
