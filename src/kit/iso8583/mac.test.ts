import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  aesCmac,
  aesMac,
  ascii1987,
  bcd1987,
  type Mac,
  type Message,
  pack,
  retailMac,
  unpack,
} from '#kit/iso8583';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

describe('the retail MAC', () => {
  // Bouncy Castle, ISO9797Alg3MacTest (Bouncy Castle licence, of the MIT kind).
  test('is that of ISO 9797-1, algorithm 3', () => {
    const mac = retailMac(hex('7CA110454A1A6E570131D9619DC1376E'), 'zeros');
    assert.equal(mac(Buffer.from('Hello World !!!!')).toString('hex'), 'f09b856213bab83b');
  });

  // ICAO 9303 part 11, appendix D.3: the MACs of basic access control, filled up with a bit of one.
  test('is that of a passport, whose padding always adds', () => {
    const mac = retailMac(hex('7962D9ECE03D1ACD4C76089DCE131543'), 'one-and-zeros');
    assert.equal(
      mac(hex('72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2')).toString('hex'),
      '5f1448eea8ad90a7',
    );
    assert.equal(
      mac(hex('46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F')).toString('hex'),
      '2f2d235d074d7449',
    );
  });

  // rkbalgi/iso8583_rs at df303f1f, src/crypto/mac.rs, Apache-2.0.
  test('is that of another library for these messages, from one block to several', () => {
    const key = hex('e0f4543f3e2a2c5ffc7e5e5a222e3e4d');
    const three = hex('0102030405060708 0102030405060708 0102030405060708 0000');
    const code = (padding: 'zeros' | 'one-and-zeros', bytes: Buffer): string =>
      retailMac(key, padding)(bytes).toString('hex');
    assert.equal(code('zeros', hex('0102030405060708')), '7d34c3071da931b9');
    assert.equal(code('zeros', three), '149f99288681d292');
    assert.equal(code('one-and-zeros', three), '4689dd5a87015394');
  });
});

describe('the AES MAC', () => {
  // RFC 4493, section 4.
  const key = hex('2b7e151628aed2a6abf7158809cf4f3c');
  const message = hex(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  );
  const published: readonly (readonly [number, string])[] = [
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ];
  for (const [length, code] of published) {
    test(`is that of RFC 4493 over ${length} bytes`, () => {
      assert.equal(aesCmac(key, message.subarray(0, length)).toString('hex'), code);
      assert.equal(aesMac(key)(message.subarray(0, length)).toString('hex'), code.slice(0, 16));
    });
  }
});

describe('a message with a code', () => {
  const compute = retailMac(hex('e0f4543f3e2a2c5ffc7e5e5a222e3e4d'), 'zeros');
  const first: Mac = { field: 64, compute };
  const second: Mac = { field: 128, compute };
  const short: Message = { mti: '0100', fields: { 3: '000000', 11: '000001' } };
  const long: Message = { mti: '0800', fields: { 11: '000001', 70: '301' } };

  test('is proven over everything in front of it, in either field', () => {
    for (const dialect of [ascii1987, bcd1987]) {
      for (const [message, mac] of [
        [short, first],
        [long, second],
      ] as const) {
        const bytes = pack(dialect, message, { mac });
        const read = unpack(dialect, bytes, { mac });
        assert.ok(read.ok);
        const width = dialect === ascii1987 ? 16 : 8;
        assert.deepEqual(read.message.fields[mac.field], compute(bytes.subarray(0, -width)));
      }
    }
  });

  test('is refused when any bit of it is another', () => {
    const bytes = pack(bcd1987, short, { mac: first });
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(unpack(bcd1987, changed, { mac: first }).ok, false, `bit ${bit}`);
    }
  });

  test('is refused under another key', () => {
    const other: Mac = { field: 64, compute: retailMac(Buffer.alloc(16, 1), 'zeros') };
    const read = unpack(bcd1987, pack(bcd1987, short, { mac: first }), { mac: other });
    assert.ok(!read.ok);
    assert.deepEqual([read.path, read.code], ['64', 'mac_wrong']);
  });

  test('of another length is a bug of its hook, and packing goes on afterwards', () => {
    const wrong: Mac = { field: 64, compute: () => Buffer.alloc(4) };
    assert.throws(() => pack(bcd1987, short, { mac: wrong }), /eight bytes/);
    const inside: Mac = { field: 64, compute: () => pack(bcd1987, short).subarray(0, 8) };
    assert.throws(() => pack(bcd1987, short, { mac: inside }), /must not pack/);
    assert.equal(pack(bcd1987, short).length, 16);
  });
});
