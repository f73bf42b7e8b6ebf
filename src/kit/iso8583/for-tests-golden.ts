// Messages that other people's software made, for the tests: the bytes, what is in them, where they
// come from. None of them was made by our own encoder. Where a host departs from a dialect of ours,
// the difference is written as data, which is how a real link is added.

import { type Dialect, deriveDialect, type FieldFormat } from './dialect.ts';
import { ascii1987 } from './dialects/1987-ascii.ts';
import { bcd1987 } from './dialects/1987-bcd.ts';
import { ebcdic1987 } from './dialects/1987-ebcdic.ts';
import type { Message } from './message.ts';

export type Golden = {
  readonly name: string;
  readonly origin: string;
  readonly dialect: Dialect;
  readonly bytes: Buffer;
  readonly message: Message;
};

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

// moov-io/iso8583 and what is built on it always write two bitmaps and leave the first bit clear.
const unannounced = deriveDialect(ascii1987, {
  name: 'ASCII, two bitmaps',
  secondBitmap: 'always-unannounced',
});

const terminalChipData = (amount: string, currency: string, counter: string, sequence: string) =>
  new Map<string, Buffer>([
    ['82', hex('3900')],
    ['84', hex('A0000000031010')],
    ['95', hex('8000008000')],
    ['9A', hex('260604')],
    ['9C', hex('00')],
    ['5F2A', hex(currency)],
    ['9F02', hex(amount)],
    ['9F03', hex('000000000000')],
    ['9F09', hex('008C')],
    ['9F10', hex('06011203A0B0C0')],
    ['9F1A', hex(currency)],
    ['9F1E', ascii('TEST1234')],
    ['9F26', hex('1122334455667788')],
    ['9F27', hex('80')],
    ['9F33', hex('E0F8C8')],
    ['9F34', hex('1F0302')],
    ['9F35', hex('22')],
    ['9F36', hex(counter)],
    ['9F37', hex('11223344')],
    ['9F41', hex(sequence)],
  ]);

const nao1215 = 'nao1215/iso8583tool at 3f90e435, examples/, MIT';
const moov = 'moov-io/iso8583 at b7a9ed4f, Apache-2.0';
const iso8583sim =
  'bassrehab/ISO8583-Simulator, tests/test_wire.py, MIT; checked there with pyiso8583';
const pyiso8583 = 'knovichikhin/pyiso8583 at 3842ba80, README.rst, MIT';
const stackOverflow = 'Stack Overflow, CC BY-SA, question';

const exampleOfMoov: Readonly<Record<number, FieldFormat>> = {
  3: {
    name: 'Processing code in parts',
    content: 'n',
    length: 6,
    parts: {
      by: 'position',
      of: [
        { name: 'Transaction', content: 'n', length: 2, log: 'clear' },
        { name: 'From', content: 'n', length: 2, log: 'clear' },
        { name: 'To', content: 'n', length: 2, log: 'clear' },
      ],
    },
  },
  19: { name: 'Country', content: 'n', length: 3, spelling: { digits: 'bcd' } },
  49: {
    name: 'Currency',
    content: 'n',
    length: 3,
    spelling: { digits: 'bcd', oddDigits: 'zero-right' },
  },
  52: { name: 'PIN block', content: 'b', length: 8, spelling: { bytes: 'bytes' } },
};

export const goldenMessages: readonly Golden[] = [
  {
    name: 'an authorization of a chip card',
    origin: nao1215,
    dialect: unannounced,
    bytes:
      hex(`30313030373233433437383032384331383230343030303030303030303030303030303031363431313131313131
      31313131313131313030303030303030303030303030353030303036303431323334353631323334353631323334
      35363036303432393132353939393035313030313230303030333434313131313131313131313131313131443239
      3132323031313233343536373839305245463132333435363738395445524D494430314D45524348414E54303030
      303030313032364C4F59414C54593D4F46467C494E5354414C4C4D454E543D3030333932313332820239008407A0
      000000031010950580000080009A032606049C01005F2A0203929F02060000000050009F03060000000000009F09
      02008C9F100706011203A0B0C09F1A0203929F1E0854455354313233349F260811223344556677889F2701809F33
      03E0F8C89F34031F03029F3501229F360200349F3704112233449F4104000000013032374F5244455249443D3030
      303132337C4348414E4E454C3D45434F4D`),
    message: {
      mti: '0100',
      fields: {
        2: '4111111111111111',
        3: '000000',
        4: '000000005000',
        7: '0604123456',
        11: '123456',
        12: '123456',
        13: '0604',
        14: '2912',
        18: '5999',
        22: '051',
        23: '001',
        24: '200',
        25: '00',
        35: '4111111111111111D29122011234567890',
        37: 'REF123456789',
        41: 'TERMID01',
        42: 'MERCHANT0000001',
        48: 'LOYALTY=OFF|INSTALLMENT=00',
        49: '392',
        55: terminalChipData('000000005000', '0392', '0034', '00000001'),
        62: 'ORDERID=000123|CHANNEL=ECOM',
      },
    },
  },
  {
    name: 'its answer, with scripts of the issuer',
    origin: nao1215,
    dialect: unannounced,
    bytes:
      hex(`30313130373233383030303030454331383230323030303030303030303030303030303031363431313131313131
      31313131313131313030303030303030303030303030353030303036303431323334353631323334353631323334
      35373036303452454631323334353637383941313233343530305445524D494430314D45524348414E5430303030
      303031303231415050524F5645443D597C42414C414E43453D4E4133393230323771061122334455667203AABBCC
      8A0230309108A1B2C3D4E5F607083031354E4554574F524B54524143453D4F4B`),
    message: {
      mti: '0110',
      fields: {
        2: '4111111111111111',
        3: '000000',
        4: '000000005000',
        7: '0604123456',
        11: '123456',
        12: '123457',
        13: '0604',
        37: 'REF123456789',
        38: 'A12345',
        39: '00',
        41: 'TERMID01',
        42: 'MERCHANT0000001',
        48: 'APPROVED=Y|BALANCE=NA',
        49: '392',
        55: new Map([
          ['71', hex('112233445566')],
          ['72', hex('AABBCC')],
          ['8A', ascii('00')],
          ['91', hex('A1B2C3D4E5F60708')],
        ]),
        63: 'NETWORKTRACE=OK',
      },
    },
  },
  {
    name: 'a reversal advice with the original data',
    origin: nao1215,
    dialect: unannounced,
    bytes:
      hex(`30343230373233433437383032384331383230343030303030303430303030303030303031363431313131313131
      31313131313131313030303030303030303030303031323334353036303431353135313532323333353531353135
      31353036303432393132353939393037313030313230303030333434313131313131313131313131313131443239
      3132323031313233343536373839305245563232333335353030315445524D494430324D45524348414E54303030
      30303032303339524556455253414C3D54494D454F55547C524541534F4E3D4E4F5F4953535545525F5245504C59
      383430313332820239008407A0000000031010950580000080009A032606049C01005F2A0208409F020600000001
      23459F03060000000000009F0902008C9F100706011203A0B0C09F1A0208409F1E0854455354313233349F260811
      223344556677889F2701809F3303E0F8C89F34031F03029F3501229F360200439F3704112233449F410400000003
      3032364F5244455249443D3030303930307C4348414E4E454C3D504F533032303032323333343430363034313330
      31303530303030303030303030303030303030303030303030`),
    message: {
      mti: '0420',
      fields: {
        2: '4111111111111111',
        3: '000000',
        4: '000000012345',
        7: '0604151515',
        11: '223355',
        12: '151515',
        13: '0604',
        14: '2912',
        18: '5999',
        22: '071',
        23: '001',
        24: '200',
        25: '00',
        35: '4111111111111111D29122011234567890',
        37: 'REV223355001',
        41: 'TERMID02',
        42: 'MERCHANT0000002',
        48: 'REVERSAL=TIMEOUT|REASON=NO_ISSUER_REPLY',
        49: '840',
        55: terminalChipData('000000012345', '0840', '0043', '00000003'),
        62: 'ORDERID=000900|CHANNEL=POS',
        90: '020022334406041301050000000000000000000000',
      },
    },
  },
  {
    name: 'an echo',
    origin: nao1215,
    dialect: unannounced,
    bytes:
      hex(`30383030303232303030303030303830303030303034303030303030303030303030303030363034313233343536
      3132333435365445524D49443031333031`),
    message: {
      mti: '0800',
      fields: { 7: '0604123456', 11: '123456', 41: 'TERMID01', 70: '301' },
    },
  },
  {
    name: 'an authorization of three fields',
    origin: `${moov}, message_test.go`,
    dialect: ascii1987,
    bytes: ascii('01007000000000000000164242424242424242123456000000000100'),
    message: {
      mti: '0100',
      fields: { 2: '4242424242424242', 3: '123456', 4: '000000000100' },
    },
  },
  {
    name: 'a network message',
    origin: `${moov}, test/testdata/network_management_message.dat`,
    dialect: ascii1987,
    bytes: ascii('0800823A0000000000000400000000000000042009061390000109061304200420001'),
    message: {
      mti: '0800',
      fields: {
        7: '0420090613',
        11: '900001',
        12: '090613',
        13: '0420',
        15: '0420',
        70: '001',
      },
    },
  },
  {
    name: 'a second bitmap that is always there, and a fee',
    origin: `${moov}, test/testdata/message_with_indicate_numeric.dat`,
    dialect: deriveDialect(ascii1987, {
      name: 'ASCII, two bitmaps, short fees',
      secondBitmap: 'always',
      fields: { 28: { name: 'Fee', content: 'xn', length: 8 } },
    }),
    bytes: ascii('0800823A0010000000000000000000000000042009061390000109061304200420C0000000'),
    message: {
      mti: '0800',
      fields: {
        7: '0420090613',
        11: '900001',
        12: '090613',
        13: '0420',
        15: '0420',
        28: 'C0000000',
      },
    },
  },
  {
    name: 'a message of every kind: parts, digits in bytes among text, tags',
    origin: `${moov}, message_test.go`,
    dialect: deriveDialect(ascii1987, {
      name: 'the example of moov',
      spelling: { bitmap: 'bytes' },
      fields: exampleOfMoov,
    }),
    bytes:
      hex(`30313030F23C248128E09A0000000000000001003136343237363535353535353535353535353030303030303030
      30303030303737373030303730313131313834343030303132333133313834343037303131393032064339303130
      3230363132333435363337343237363535353535353535353535353D313233343536373839303132333435363738
      39303938373635343332313030313030303030333231313230303030303030303030303334202020202020202020
      20202020202020202020202020202020202020202020546573742074657874643001020304050607083132333430
      30303030303030303030303032339A063231303732309F020C303030303030303030353031303137416E6F746865
      7220746573742074657874`),
    message: {
      mti: '0100',
      fields: {
        2: '4276555555555555',
        3: { 1: '00', 2: '00', 3: '00' },
        4: '000000077700',
        7: '0701111844',
        11: '000123',
        12: '131844',
        13: '0701',
        14: '1902',
        19: '643',
        22: '901',
        25: '02',
        32: '123456',
        35: '4276555555555555=12345678901234567890',
        37: '987654321001',
        41: '00000321',
        42: '120000000000034',
        43: 'Test text'.padStart(40),
        49: '643',
        52: hex('0102030405060708'),
        53: '1234000000000000',
        55: new Map([
          ['9A', ascii('210720')],
          ['9F02', ascii('000000000501')],
        ]),
        120: 'Another test text',
      },
    },
  },
  {
    name: 'a refusal of an issuer',
    origin: pyiso8583,
    dialect: ascii1987,
    bytes: ascii('0210000000000200000005'),
    message: { mti: '0210', fields: { 39: '05' } },
  },
  {
    name: 'a card number alone',
    origin: pyiso8583,
    dialect: ascii1987,
    bytes: ascii('02004000000000000000101234567890'),
    message: { mti: '0200', fields: { 2: '1234567890' } },
  },
  {
    name: 'a card number of an odd length in BCD',
    origin: iso8583sim,
    dialect: bcd1987,
    bytes: hex('01007020000000000000150378282246310005000000000000001000123456'),
    message: {
      mti: '0100',
      fields: { 2: '378282246310005', 3: '000000', 4: '000000001000', 11: '123456' },
    },
  },
  {
    name: 'the same, filled up on the right with F',
    origin: iso8583sim,
    dialect: deriveDialect(bcd1987, { name: 'BCD, F', spelling: { oddDigits: 'f-right' } }),
    bytes: hex('0100702000000000000015378282246310005F000000000000001000123456'),
    message: {
      mti: '0100',
      fields: { 2: '378282246310005', 3: '000000', 4: '000000001000', 11: '123456' },
    },
  },
  {
    name: 'a network message in BCD with a second bitmap and its code',
    origin: iso8583sim,
    dialect: bcd1987,
    bytes: hex('080082200000000000000400000010000001121514302200000103010301230011223344556677'),
    message: {
      mti: '0800',
      fields: {
        7: '1215143022',
        11: '000001',
        70: '301',
        100: '123',
        128: hex('0011223344556677'),
      },
    },
  },
  {
    name: 'a network message of a terminal, BCD and text',
    origin: `${stackOverflow} 21282257`,
    dialect: bcd1987,
    bytes: hex('0800 2020000000800000 000000 000001 3239313130303031'),
    message: { mti: '0800', fields: { 3: '000000', 11: '000001', 41: '29110001' } },
  },
  {
    name: 'digits in BCD, text in EBCDIC',
    origin: `${stackOverflow} 11421574`,
    dialect: deriveDialect(bcd1987, {
      name: 'BCD, EBCDIC text',
      spelling: { text: 'ebcdic-037' },
    }),
    bytes: hex('0810822000000200000004000000000000000501130427000005F0F00001'),
    message: { mti: '0810', fields: { 7: '0501130427', 11: '000005', 39: '00', 70: '001' } },
  },
  {
    name: 'a length in binary before digits in BCD',
    origin: 'nao1215/iso8583tool at 3f90e435, cmd/app_test.go, MIT',
    dialect: deriveDialect(bcd1987, {
      name: 'BCD, binary lengths',
      spelling: { lengths: 'binary' },
    }),
    bytes: hex('010070040000000000001040192499999999993273270000000011382204'),
    message: {
      mti: '0100',
      fields: { 2: '4019249999999999', 3: '327327', 4: '000000001138', 14: '2204' },
    },
  },
  {
    name: 'an authorization in EBCDIC',
    origin: iso8583sim,
    dialect: ebcdic1987,
    bytes:
      hex(`F0F1F0F07020000000000000F1F5F3F7F8F2F8F2F2F4F6F3F1F0F0F0F5F0F0F0F0F0F0F0F0F0F0F0F0F0F0F1
      F0F0F0F1F2F3F4F5F6`),
    message: {
      mti: '0100',
      fields: { 2: '378282246310005', 3: '000000', 4: '000000001000', 11: '123456' },
    },
  },
];
