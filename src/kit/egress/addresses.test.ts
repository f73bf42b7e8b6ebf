import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, isPublicAddress } from '#kit/egress';

const inside = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::10.1.2.3',
  '64:ff9b::1:808:808',
  '64:ff9b:1::1',
  '64:ff9b:1::808:808',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
];
const outside = [
  '1.1.1.1',
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '198.20.0.1',
  '64:ff9b::8.8.8.8',
  '64:ff9b::808:808',
  '64:ff9b:0:0:0:0:101:101',
  '2606:4700::1111',
  '2a00:1450::1',
];

test('what is not of the public internet is not reached, tunnels to anywhere included', () => {
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
});

test('what is of the public internet is', () => {
  for (const address of outside) assert.equal(isPublicAddress(address), true, address);
});

test('what is no address at all is not public', () => {
  for (const text of ['', 'localhost', '8.8.8', '0x7f.1', 'example.com']) {
    assert.equal(isPublicAddress(text), false, text);
  }
});

test('loopback is told from the rest', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) assert.ok(isLoopback(address), address);
  for (const address of ['10.0.0.1', '8.8.8.8', '::2']) assert.ok(!isLoopback(address), address);
});
