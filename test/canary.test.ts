// Canary cards through every success and failure path of the API, and then a search of everything that
// remains: database, write-ahead log, logs of every process, answers, metrics, command lines, files. None
// of their numbers or security codes may be anywhere, in none of eight encodings.
//
// All is done once, at the beginning; the tests look at what came of it. Numbers of the same kind are
// planted in each kind of store, because a search that finds nothing has to prove that it could.

import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { allCanaries, type Canary, encodings, forget, newCanary } from './support/canary-cards.ts';
import { type Path, paths } from './support/canary-paths.ts';
import { createScanner } from './support/canary-scan.ts';
import { passThrough, storms } from './support/canary-storms.ts';
import { attack, sharp, type Target } from './support/canary-thief.ts';
import {
  dump,
  filesIn,
  metricsToken,
  rotateMeanwhile,
  startWorld,
  type World,
  withoutPageHeads,
} from './support/canary-world.ts';
import { runs } from './support/full.ts';
import { assertHealthy } from './support/health.ts';
import { pause } from './support/writers.ts';

const CARDS = runs(1_000, 4_000);
const CLIENTS = 6;

const world = await startWorld();
let running = true;
const end = async (): Promise<void> => {
  if (running) await world.stop();
  running = false;
};
after(async () => {
  await end();
  world.remove();
});

// 1. Every path, while keys are rotated and somebody looks on.

type Taken = { readonly path: Path; readonly status: number };

const takeAll = async (): Promise<readonly Taken[]> => {
  const taken: Taken[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let n = next++; n < Math.max(CARDS, paths.length); n = next++) {
      const path = paths[n % paths.length] as Path;
      const { status } = await path.take(world, newCanary(path.drawn));
      taken.push({ path, status });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return taken;
};

const lookAroundMeanwhile = (): { stop(): Promise<void> } => {
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      await world.lookAround();
      await pause(300);
    }
  })();
  looking.catch(() => {});
  return {
    stop: () => {
      stopped = true;
      return looking;
    },
  };
};

const onlooker = lookAroundMeanwhile();
const rotation = rotateMeanwhile(world);
const taken = await takeAll();
const rotations = await rotation.stop();
await onlooker.stop();

const storming: { name: string; error: unknown }[] = [];
for (const storm of storms) {
  const error = await passThrough(world, storm).catch((thrown: unknown) => thrown);
  storming.push({ name: storm.name, error });
}

// 2. What the gateway shows to those who ask, after all of it.

const showAll = async (): Promise<Record<string, number>> => {
  const shown: Record<string, number> = {};
  for (const path of ['/metrics', '/openapi.json', '/docs', '/healthz', '/readyz']) {
    shown[path] = (await world.ask('GET', path, { key: metricsToken })).status;
  }
  for (const key of [world.merchant.key, world.merchant.liveKey]) {
    for (let last = ''; ; ) {
      const { body } = await world.ask('GET', `/v1/events?limit=100${last}`, { key });
      if (!body.has_more) break;
      last = `&starting_after=${body.data.at(-1).id}`;
    }
  }
  return shown;
};
const shown = await showAll();
const unhealthy = await assertHealthy(world.owner).catch((error: unknown) => error);

// 3. Planted, in each kind of store, in each encoding: one number for each of both.

type Planted = { readonly canary: Canary; readonly where: RegExp; readonly encoding: string };
const planted: Planted[] = [];
const plant = (where: RegExp, encoding: string): Buffer => {
  const canary = newCanary();
  planted.push({ canary, where, encoding });
  return (encodings[encoding] as (number: string) => Buffer)(canary.number);
};
const noise = (): Buffer => Buffer.from(`"${Date.now()} ok" ${'\u00e9'.repeat(9)}\n`);

const plantAll = async (): Promise<void> => {
  await world.sql('create table public.planted (id int, bytes bytea, words text)');
  for (const [n, encoding] of Object.keys(encodings).entries()) {
    const file = join(world.folder, 'data', `planted-${n}`);
    writeFileSync(file, Buffer.concat([noise(), plant(/^data.planted/, encoding), noise()]));
    for (const [log, where] of [
      [world.gatewayLog, /gateway\.stderr$/],
      [world.postgresLog, /postgres\.log$/],
    ] as const) {
      const said = Buffer.concat([Buffer.from('{"message":"'), plant(where, encoding)]);
      appendFileSync(log, Buffer.concat([said, Buffer.from('"}\n')]));
    }
    const row = plant(/^table public\.planted$/, encoding);
    await world.sql('insert into public.planted values ($1, $2)', [n, row]);
    const words = plant(/^table public\.planted$/, encoding).toString('latin1');
    // Text has no zero bytes, and no bytes that are no letters.
    const isText = /^[\x20-\x7e]*$/.test(words);
    await world.sql('insert into public.planted (words) values ($1)', [
      isText ? words : Buffer.from(words, 'latin1').toString('base64'),
    ]);
    for (const where of [/pg_wal/, /postgres.base/]) {
      const gone = plant(where, encoding);
      await world.sql('insert into public.planted values ($1, $2)', [-n, gone]);
    }
    world.hear('planted', plant(/^planted$/, encoding).toString('latin1'));
  }
  await world.sql('delete from public.planted where id < 0');
};
await plantAll();

/** A code that no other card has, so that finding it accuses nobody else. */
function withOwnCode(): Canary {
  const others = new Set(allCanaries().map(({ cvc }) => cvc));
  for (;;) {
    const canary = newCanary('amex');
    if (!others.has(canary.cvc)) return canary;
    forget(canary);
  }
}

const plantedCodes = [
  ({ cvc }: Canary) => `{"cvc":"${cvc}"}`,
  ({ cvc }: Canary) => `card[cvc]=${cvc}&card[x]=1`,
  ({ cvc }: Canary) => `card%5Bcvc%5D=${cvc}`,
  ({ cvc }: Canary) => `{\\"cvc\\": \\"${cvc}\\"}`,
  ({ cvc }: Canary) => `CVV2 = ${cvc}`,
  ({ cvc, number }: Canary) => `amex ${number.slice(-4)} 12/31 (${cvc})`,
  ({ cvc, number }: Canary) => `${cvc}\t${number.slice(0, 6)}`,
].map((spelled) => {
  const canary = withOwnCode();
  appendFileSync(world.gatewayLog, `${spelled(canary)}\n`);
  return canary;
});

// 4. The search.

const scanner = createScanner(allCanaries());
const rows: string[] = [];
const keyRows: string[] = [];
let cardKeys = 0;
const tables = await dump(world, (table, line) => {
  rows.push(line);
  // Every card has a key of its own as well: some of those have to do.
  if (/^vault\.(?!card)\w*keys$/.test(table)) keyRows.push(line);
  if (table === 'vault.card_keys' && (cardKeys += 1) <= runs(5, 50)) keyRows.push(line);
  scanner.scan(`table ${table}`, Buffer.from(line));
});
await world.sql('checkpoint');
const targets = await targetsOf(world);
await end();
for (const { where, text } of world.heard) scanner.scan(where, Buffer.from(text, 'latin1'));
const files: string[] = [];
for (const { path, bytes } of filesIn(world.folder)) {
  files.push(path);
  scanner.scan(path, bytes);
}

async function targetsOf({ sql, merchant }: World): Promise<readonly (Target & Canary)[]> {
  const shown = await sql(
    `select details->'card'->>'bin' as bin, details->'card'->>'last4' as last4
       from cards.payment_methods where livemode order by id`,
  );
  return allCanaries()
    .filter(({ number }) => number.length === 15)
    .filter(({ number }) =>
      shown.some(
        ({ bin, last4 }) => number.startsWith(String(bin)) && number.endsWith(String(last4)),
      ),
    )
    .map((canary) => ({
      ...canary,
      bin: canary.number.slice(0, 6),
      last4: canary.number.slice(-4),
      length: 15,
      scope: merchant.liveScope,
    }));
}

const ours = new Set(
  [...planted.map(({ canary }) => canary), ...plantedCodes].map((c) => c.number),
);

describe('canary cards', () => {
  test(`went through ${paths.length} paths, each of which ended as it should`, (t) => {
    const names = new Set(taken.map(({ path }) => path.name));
    assert.equal(names.size, new Set(paths.map(({ name }) => name)).size);
    assert.ok(names.size >= 80, `${names.size} paths`);
    assert.ok(allCanaries().length >= CARDS);
    const wrong = taken.filter(({ path, status }) => !path.ends.includes(status));
    assert.deepEqual(
      wrong.map(({ path, status }) => `${path.name}: ${status}`),
      [],
    );
    t.diagnostic(
      `${allCanaries().length} cards, ${taken.length} paths taken, ${rotations} rotations of keys meanwhile`,
    );
  });

  for (const { name, error } of storming) {
    test(`were in hand when ${name}`, () => {
      if (error !== undefined) throw error;
    });
  }

  test('left the gateway healthy, and it shows what it shows', () => {
    if (unhealthy !== undefined) throw unhealthy;
    for (const [path, status] of Object.entries(shown)) assert.equal(status, 200, path);
  });

  test('are nowhere: not in tables, files, write-ahead log, logs, answers, metrics or command lines', (t) => {
    for (const looked of [
      'pg_wal',
      'postgres.log',
      'vault.stderr',
      'gateway.stderr',
      'secrets.json',
    ]) {
      assert.ok(
        files.some((path) => path.includes(looked)),
        looked,
      );
    }
    assert.ok(tables > 80 && files.length > 1_000 && world.heard.length > CARDS);
    assert.ok(rotations >= 4);
    const leaks = scanner.findings.filter(({ number }) => !ours.has(number));
    assert.deepEqual(leaks, []);
    t.diagnostic(
      `${Math.round(scanner.bytesRead / 1e6)} MB: ${files.length} files, ${tables} tables with ${rows.length} rows, ${world.heard.length} answers and the like`,
    );
  });
});

describe('the search', () => {
  const found = new Map<string, string[]>();
  for (const { number, where } of scanner.findings) {
    found.set(number, [...(found.get(number) ?? []), where]);
  }
  for (const encoding of Object.keys(encodings)) {
    test(`finds what is there as ${encoding}, in each kind of store`, () => {
      const here = planted.filter((each) => each.encoding === encoding);
      assert.equal(here.length, 8);
      for (const { canary, where } of here) {
        const places = found.get(canary.number) ?? [];
        assert.ok(
          places.some((place) => where.test(place)),
          `${canary.number} in ${String(where)}, found in: ${places.join(', ')}`,
        );
      }
    });
  }

  test('finds security codes by what stands around them', () => {
    for (const { number, cvc } of plantedCodes) assert.ok(found.has(number), `${number} ${cvc}`);
  });

  test('finds a number behind a byte that would make an escape of its first digits', () => {
    const own = createScanner([
      { number: '378933613200654', cvc: '9031', expMonth: 1, expYear: 2040 },
    ]);
    own.scan('a value of 17 bytes', Buffer.from('7 %00654 336132 3789'));
    assert.equal(own.findings.length, 1);
  });

  test('finds a number that lies on two pages of the write-ahead log', () => {
    const { number } = allCanaries()[0] as Canary;
    const [page, other] = [Buffer.alloc(8_192), Buffer.alloc(8_192)];
    page.writeUInt16LE(2, 2);
    page.write(number.slice(0, 9), 8_183);
    other.write('a head of the page.');
    other.write(number.slice(9), 24);
    const whole = createScanner(allCanaries().slice(0, 1));
    whole.scan('x', withoutPageHeads(Buffer.concat([page, other])));
    assert.equal(whole.findings[0]?.number, number);
  });

  test('does not cry at what only resembles one', () => {
    const other = createScanner(allCanaries().slice(0, 100));
    const { number, cvc } = allCanaries()[0] as Canary;
    other.scan('x', `${number.slice(0, 6)}******${number.slice(-4)} cvc_check ${cvc}00 "cvc":null`);
    other.scan('x', number.slice(0, 12));
    assert.deepEqual(other.findings, []);
  });
});

describe('a thief of the dump and the logs, who knows six digits and the last four,', () => {
  const texts = [...rows, ...world.heard.map(({ text }) => text)];

  test('finds no number', () => {
    assert.ok(targets.length > 0 && keyRows.length > 0);
    for (const target of targets.slice(0, runs(1, 3))) {
      assert.deepEqual(attack({ texts, keyTexts: keyRows }, target), []);
    }
  });

  test('would find it by any digest without a key, or with a key that lies beside it', () => {
    const [known] = targets;
    assert.ok(known !== undefined);
    const target: Target & Canary = { ...known, bin: known.number.slice(0, 8) };
    for (const careless of sharp(target, target.number)) {
      assert.deepEqual(attack(careless, target), [target.number]);
    }
  });
});
