// How the gateway serves `web/elements`, and what the script itself must be.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startGatewayHere } from '../support/gateway.ts';

const gateway = await startGatewayHere();
const { ask } = gateway;

const root = new URL('../../', import.meta.url);
const source = readFileSync(new URL('web/elements/seal.js', root));
const manifest = (await ask('GET', '/elements/manifest.json')).body;
const [seal] = manifest.scripts;

describe('/elements', () => {
  test('serves the bytes of the repository, to pages of any origin', async () => {
    const answer = await ask('GET', '/elements/seal.js');
    assert.equal(answer.status, 200);
    assert.equal(answer.text, source.toString());
    assert.equal(answer.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['cache-control'], 'no-cache');
  });

  test('names what it serves by content, for ever, and says what to pin and why', async () => {
    const { name, path, alias, integrity, bytes, reason } = seal;
    assert.equal(manifest.object, 'elements_manifest');
    assert.deepEqual([name, alias, bytes], ['seal.js', '/elements/seal.js', source.length]);
    assert.match(path, /^\/elements\/seal\.[0-9a-f]{16}\.js$/);
    assert.equal(integrity, `sha384-${createHash('sha384').update(source).digest('base64')}`);
    assert.match(reason, /^[A-Z].+\.$/);
    const answer = await ask('GET', path);
    assert.equal(answer.text, source.toString());
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
  });

  test('answers 304 to those who have it, compressed or not', async () => {
    for (const encoding of ['identity', 'gzip']) {
      const asked = { 'accept-encoding': encoding };
      const { headers } = await ask('GET', '/elements/seal.js', { headers: asked });
      for (const known of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`]) {
        const again = await ask('GET', '/elements/seal.js', {
          headers: { ...asked, 'if-none-match': String(known) },
        });
        assert.deepEqual([again.status, again.text], [304, ''], String(known));
        assert.equal(again.headers.etag, headers.etag);
      }
      const changed = { ...asked, 'if-none-match': '"other"' };
      assert.equal((await ask('GET', '/elements/seal.js', { headers: changed })).status, 200);
    }
  });

  test('compresses for those who take it', async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/elements/seal.js`, {
      headers: { 'accept-encoding': 'br, gzip' },
    });
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.equal(response.headers.get('vary'), 'Accept-Encoding');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), source);
    const declined = await ask('GET', '/elements/seal.js', {
      headers: { 'accept-encoding': 'gzip;q=0' },
    });
    assert.equal(declined.headers['content-encoding'], undefined);
    assert.equal(declined.text, source.toString());
  });

  test('tells the time, which nobody may keep', async () => {
    const answer = await ask('GET', '/elements/time');
    assert.equal(answer.body.object, 'time');
    assert.ok(Math.abs(answer.body.now - Date.now() / 1000) < 60);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['access-control-allow-origin'], '*');
  });

  test('serves nothing else of that folder', async () => {
    for (const path of [
      '/elements/',
      '/elements/seal.d.ts',
      '/elements/README.md',
      '/elements/tsconfig.json',
      '/elements/../package.json',
      '/elements/%2e%2e/package.json',
      '/elements/seal.0000000000000000.js',
    ]) {
      assert.equal((await ask('GET', path)).status, 404, path);
    }
  });
});

describe('seal.js', () => {
  const text = source.toString();

  test('is small', () => {
    const sizes = { raw: source.length, gzip: gzipSync(source, { level: 9 }).length };
    assert.ok(sizes.raw <= 12_800 && sizes.gzip <= 4_608, JSON.stringify(sizes));
  });

  test('depends on nothing, writes nowhere, and touches no page', () => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
    for (const word of [
      /\bimport\b(?!Key)/,
      /\bconsole\b/,
      /\b(?:local|session)Storage\b/,
      /\bindexedDB\b/,
      /\bcookie\b/,
      /\bdocument\b/,
      /\bwindow\b/,
      /\beval\b|\bFunction\(/,
      /innerHTML/,
      /sendBeacon|XMLHttpRequest|WebSocket|postMessage/,
    ]) {
      assert.doesNotMatch(code, word);
    }
  });

  test('fits its types', async () => {
    const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
    const child = spawn(process.execPath, [tsc, '--pretty', 'false', '-p', 'web/elements'], {
      cwd: fileURLToPath(root),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 240_000,
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await once(child, 'close');
    assert.equal(output, '');
    assert.equal(child.exitCode, 0);
  });
});
