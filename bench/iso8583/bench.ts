// How fast messages are packed and unpacked, ours and the npm package `iso_8583` in turns on the same
// message, so that what else the machine does meets both. Both must agree on the bytes first.
//
//   npm run bench:iso8583            prints a report in Markdown

import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import {
  ascii1987,
  bcd1987,
  type Dialect,
  deriveDialect,
  describeLine,
  ebcdic1987,
  type Message,
  pack,
  unpack,
} from '#kit/iso8583';

const ROUNDS = 41;
const ROUND_MS = 30;

const fields = {
  2: '4242424242424242',
  3: '000000',
  4: '000000005000',
  7: '0604123456',
  11: '123456',
  12: '123456',
  13: '0604',
  14: '2912',
  18: '5999',
  19: '276',
  22: '810',
  25: '59',
  32: '423935',
  37: '615512123456',
  38: 'A12345',
  39: '00',
  41: 'TERMID01',
  42: 'MERCHANT0000001',
  43: 'Shop of things           Berlin       DE',
  48: '9203123',
  49: '978',
  62: 'ORDER 000123',
};
const message: Message = { mti: '0110', fields };

/** The one way in which the other package writes: bitmaps in binary, always two. */
const theirDialect = deriveDialect(ascii1987, {
  name: 'ASCII, two binary bitmaps',
  spelling: { bitmap: 'bytes' },
  secondBitmap: 'always',
});

type Theirs = { pack: () => Buffer; unpack: (bytes: Buffer) => unknown };

const loadTheirs = (): Theirs | undefined => {
  type Constructor = new (
    message?: object,
  ) => { getRawMessage(): Buffer; getIsoJSON(bytes: Buffer, options: object): object };
  let Iso: Constructor;
  try {
    Iso = createRequire(import.meta.url)('iso_8583') as Constructor;
  } catch {
    return undefined;
  }
  const input = { 0: message.mti, ...fields };
  return {
    pack: () => new Iso(input).getRawMessage(),
    unpack: (bytes) => new Iso().getIsoJSON(bytes, { lenHeader: false }),
  };
};

type Work = { readonly name: string; readonly run: () => unknown; readonly perSecond: number[] };

const work = (name: string, run: () => unknown): Work => ({ name, run, perSecond: [] });

const works = (theirs: Theirs | undefined): readonly Work[] => {
  const bytes = pack(theirDialect, message);
  const ours = (name: string, dialect: Dialect): Work[] => {
    const packed = pack(dialect, message);
    return [
      work(`ours, ${name}: pack`, () => pack(dialect, message)),
      work(`ours, ${name}: unpack`, () => unpack(dialect, packed)),
    ];
  };
  return [
    ...ours('ASCII as theirs', theirDialect),
    ...(theirs === undefined
      ? []
      : [
          work('iso_8583: pack', () => theirs.pack()),
          work('iso_8583: unpack', () => theirs.unpack(bytes)),
        ]),
    ...ours('BCD', bcd1987),
    ...ours('EBCDIC', ebcdic1987),
    work('ours, ASCII: describe', () => describeLine(ascii1987, message)),
  ];
};

const measure = ({ run, perSecond }: Work): void => {
  const before = performance.now();
  let count = 0;
  let took = 0;
  while (took < ROUND_MS) {
    for (let batch = 0; batch < 50; batch += 1) run();
    count += 50;
    took = performance.now() - before;
  }
  perSecond.push((count * 1_000) / took);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const agree = (theirs: Theirs): void => {
  const ours = pack(theirDialect, message);
  if (!theirs.pack().equals(ours)) throw new Error('The two do not write the same bytes');
};

const report = (all: readonly Work[], theirs: Theirs | undefined): string => {
  const of = (name: string): number =>
    median(all.find((one) => one.name === name)?.perSecond ?? []);
  const rows = all.map(({ name, perSecond }) => {
    const value = median(perSecond);
    const spread = perSecond.toSorted((a, b) => a - b);
    const low = spread[Math.floor(spread.length * 0.1)] as number;
    const high = spread[Math.floor(spread.length * 0.9)] as number;
    return `| ${name} | ${whole(value)} | ${(1e6 / value).toFixed(2)} | ${whole(low)} to ${whole(high)} |`;
  });
  const ratio = (verb: string): string =>
    (of(`ours, ASCII as theirs: ${verb}`) / of(`iso_8583: ${verb}`)).toFixed(1);
  return [
    '# ISO 8583: packing and unpacking',
    '',
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} processors.`,
    `A message of ${Object.keys(fields).length} fields; ${ROUNDS} rounds of ${ROUND_MS} ms each, in turns; medians.`,
    '',
    '| what | per second | µs each | 10 % to 90 % |',
    '|---|---:|---:|---|',
    ...rows,
    '',
    theirs === undefined
      ? 'The npm package iso_8583 is not installed: no comparison was made.'
      : `Ours packs ${ratio('pack')} times and unpacks ${ratio('unpack')} times as fast as npm's iso_8583, to the same bytes.`,
    '',
    'Run it again with `npm run bench:iso8583`.',
    '',
  ].join('\n');
};

const whole = (value: number): string => Math.round(value).toLocaleString('en');

const main = (): void => {
  const theirs = loadTheirs();
  if (theirs !== undefined) agree(theirs);
  const all = works(theirs);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const one of all) measure(one);
    // The first round warms up.
    if (round === 0) for (const { perSecond } of all) perSecond.length = 0;
  }
  process.stdout.write(report(all, theirs));
};

main();
