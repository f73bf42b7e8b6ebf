import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Judged, judgeOf, type Places, placeAt, placeOfLink, spellEntry } from './places.ts';

const own = { hosts: { test: ['sandbox.psp.example'], live: ['api.psp.example'] } };
const named = (...entries: string[]) => new Set(entries.map((entry) => spellEntry(entry) ?? ''));
const places: Places = {
  hosts: named('api.bank.example', '10.8.0.5:7001', '[fd00::5]:7001'),
  unencrypted: named('10.9.0.1'),
  toLoopback: true,
};
const said = (judged: Judged): string => (judged.ok ? judged.reach : judged.why);
const web = (url: string, livemode = false, given = places): string =>
  said(judgeOf(given, own, livemode)(placeAt(url)));
const link = (host: string, port: number, livemode = false, isEncrypted = false): string =>
  said(judgeOf(places, {}, livemode)(placeOfLink(host, port, { isEncrypted })));

describe('an account leads', () => {
  test("to its provider's own hosts of its mode, where they are on the public internet", () => {
    assert.equal(web('https://api.psp.example/v1', true), 'public');
    assert.equal(web('https://API.psp.example', true), 'public');
    assert.equal(web('https://sandbox.psp.example', false), 'public');
    assert.equal(web('https://sandbox.psp.example', true), 'host_not_allowed');
    assert.equal(web('https://api.psp.example', false), 'host_not_allowed');
  });

  test('to what the operator has named, wherever that is, and to the one port where one is meant', () => {
    assert.equal(web('https://api.bank.example:9443/disputes', true), 'anywhere');
    assert.equal(link('10.8.0.5', 7001, true, true), 'anywhere');
    assert.equal(link('10.8.0.5', 22, true, true), 'host_not_allowed');
    assert.equal(link('fd00::5', 7001, true, true), 'anywhere');
  });

  test('to this machine in test mode where that is turned on, and never in live mode', () => {
    for (const url of ['http://127.0.0.1:8586/', 'http://localhost:1/', 'http://[::1]:1/']) {
      assert.equal(web(url), 'loopback', url);
      assert.equal(web(url, false, { ...places, toLoopback: false }), 'host_not_allowed', url);
      assert.equal(web(url.replace('http', 'https'), true), 'host_not_allowed', url);
    }
  });

  test('nowhere else, however that is spelled', () => {
    for (const url of [
      'https://evil.example',
      'https://api.psp.example.evil.example',
      'https://api.psp.example@evil.example',
      'https://evil.example\\@api.psp.example',
      'https://api.psp.example.',
      'https://api.psp.example:8443',
      'https://key@api.psp.example',
      'https://10.8.0.5',
      'http://169.254.169.254/latest/meta-data',
      'http://0x0a.8.0.5:22',
      'file:///etc/passwd',
      'nowhere',
    ]) {
      assert.equal(web(url, true), 'host_not_allowed', url);
    }
    for (const host of ['10.8.5', '0x0a.8.0.5', 'evil@10.8.0.5', '10.8.0.5/x', '', '１0.8.0.5']) {
      assert.equal(link(host, 7001, true, true), 'host_not_allowed', host);
    }
  });

  test('over TLS in live mode, but for a link to a host at the end of a private line', () => {
    assert.equal(web('http://api.psp.example', true), 'not_encrypted');
    assert.equal(web('http://10.9.0.1', true), 'not_encrypted');
    assert.equal(link('10.8.0.5', 7001, true), 'not_encrypted');
    assert.equal(link('10.8.0.5', 7001, false), 'anywhere');
    assert.equal(link('10.9.0.1', 5000, true), 'anywhere');
  });
});

test('what an operator writes is a host, perhaps with a port', () => {
  assert.equal(spellEntry('Bank.Example'), 'bank.example');
  assert.equal(spellEntry('bank.example:080'), 'bank.example:80');
  assert.equal(spellEntry('[fd00::5]'), 'fd00::5');
  for (const text of ['https://bank.example', 'bank.example/x', 'u@bank.example', 'a b', 'x:y']) {
    assert.equal(spellEntry(text), null, text);
  }
});
