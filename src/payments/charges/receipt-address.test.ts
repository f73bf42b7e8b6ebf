import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '#kit/context';
import { newUuid } from '#kit/ids';
import { manualClock } from '../../kit/context/for-tests.ts';
import { provideReceiptAddresses, readReceiptToken, receiptUrlOf } from './receipt-address.ts';

test('Every address leads back to its charge, whatever its mark ends with, and no other spelling does', () => {
  const context = { database: {} as Database };
  const publicUrl = 'https://pay.example.com';
  provideReceiptAddresses(context, { publicUrl, masterSecret: Buffer.alloc(32, 1) });
  let drawn = 0;
  const random = {
    bytes: (count: number): Buffer => {
      const bytes = Buffer.alloc(count);
      bytes.writeUInt32BE((drawn += 1), count - 4);
      return bytes;
    },
  };
  const source = { clock: manualClock(), random };
  // One mark in 128 ends so that the second or the third block is counted beyond its last byte.
  let counted = 0;
  for (let n = 0; n < 2_000; n += 1) {
    const addressed = {
      scope: { accountId: newUuid(source), livemode: n % 2 === 0 },
      chargeId: newUuid(source),
    };
    const token = receiptUrlOf(context, addressed)?.slice(`${publicUrl}/receipts/`.length) ?? '';
    assert.deepEqual(readReceiptToken(context, token), addressed);
    if (Buffer.from(token, 'base64url')[15]! >= 0xfe) counted += 1;
    const other = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    assert.equal(readReceiptToken(context, other), null);
  }
  assert.ok(counted > 0);
});
