import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from '#platform/http';
import { checkUrl, mayConnectTo } from './allowed-url.ts';

const testMode = { livemode: false };
const live = { livemode: true };
const closed = { toLoopback: false };
const open = { toLoopback: true };

const refusalOf = (...[scope, settings, url]: Parameters<typeof checkUrl>): string | null => {
  try {
    checkUrl(scope, settings, url);
    return null;
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.fields.param, 'url');
    return error.message;
  }
};

// However an address is spelled, it is the same address.
const spellings = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://2130706433/',
  'http://１２７.０.０.１/',
  'http://localhost/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://169.254.169.254/latest/meta-data',
  'http://10.0.0.1:8080/',
  'http://[fd00:ec2::254]/',
];

describe('an address of an endpoint', () => {
  test('inside of our own network is refused, however it is spelled', () => {
    for (const url of spellings) {
      assert.match(refusalOf(testMode, closed, url) ?? 'taken', /reachable from the internet/, url);
    }
  });

  test('on this machine is taken in test mode where that is turned on, and never in live mode', () => {
    assert.equal(refusalOf(testMode, open, 'http://localhost:3000/hook'), null);
    assert.equal(refusalOf(testMode, open, 'http://[::1]:3000/hook'), null);
    assert.match(refusalOf(testMode, open, 'http://10.0.0.1/') ?? 'taken', /reachable/);
    assert.match(refusalOf(live, open, 'https://localhost/hook') ?? 'taken', /reachable/);
  });

  test('of live mode is https on a port for it', () => {
    assert.equal(refusalOf(live, closed, 'https://example.com/hook'), null);
    assert.equal(refusalOf(live, closed, 'https://example.com:8443/hook'), null);
    assert.equal(refusalOf(live, closed, 'https://[64:ff9b::808:808]/hook'), null);
    assert.match(refusalOf(live, closed, 'http://example.com/hook') ?? '', /HTTPS in live mode/);
    assert.match(refusalOf(live, closed, 'https://example.com:22/') ?? '', /443 and 8443/);
  });

  test('that is none is refused with what is wrong', () => {
    assert.match(refusalOf(testMode, closed, 'not a url') ?? '', /Not a valid URL/);
    assert.match(refusalOf(testMode, closed, 'ftp://example.com/') ?? '', /explicit scheme/);
    assert.match(refusalOf(testMode, closed, 'https://u:p@example.com/') ?? '', /user name/);
    assert.match(
      refusalOf(testMode, closed, `https://example.com/${'x'.repeat(2_100)}`) ?? '',
      /2048/,
    );
  });
});

test('a name that resolves to an address of ours is not connected to', () => {
  const may = mayConnectTo(testMode, closed);
  assert.equal(may('127.0.0.1'), false);
  assert.equal(may('10.0.0.7'), false);
  assert.equal(may('93.184.216.34'), true);
  assert.equal(mayConnectTo(live, open)('127.0.0.1'), false);
});
