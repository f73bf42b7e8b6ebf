import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from './network-of.ts';

test('an address of IPv4 stands for itself, however it came', () => {
  for (const spelling of ['192.0.2.17', '::ffff:192.0.2.17', '::FFFF:c000:211']) {
    assert.equal(networkOf(spelling), '192.0.2.17');
  }
});

test('one /64 of IPv6 is one network, in every spelling', () => {
  for (const spelling of [
    '2001:db8::1',
    '2001:db8::2:3',
    '2001:0DB8:0:0:ffff::',
    '2001:db8:0:0:1:2:3:4',
    '2001:db8::1.2.3.4',
    '2001:db8::9%eth0',
  ]) {
    assert.equal(networkOf(spelling), '2001:db8:0:0', spelling);
  }
});

test('what the spelling leaves out in front or behind is not taken for another network', () => {
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('::'), '0:0:0:0');
  assert.equal(networkOf('2001:db8:0:1::'), '2001:db8:0:1');
  assert.equal(networkOf('fe80::1:2:3:4'), 'fe80:0:0:0');
  assert.notEqual(networkOf('2001:db8::1:0:0:0:1'), networkOf('2001:db8:1::1'));
});

test('what is no address stands for itself', () => {
  assert.equal(networkOf(''), '');
  assert.equal(networkOf('a:b'), 'a:b');
});
