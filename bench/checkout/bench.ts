// What a payer waits for, on the gateway as it ships: bytes of the checkout page, of the loader and of the frame with
// card fields; when the page shows its amount and when its form can be used, on a slow phone and line. Fails
// where a budget is broken.
//
//   npm run bench:checkout [-- --lighthouse]      with Lighthouse, fetched by npx for the run

import { cpus, loadavg } from 'node:os';
import { gzipSync } from 'node:zlib';
import Stripe from 'stripe';
import { launchSlowly, type Timing } from './browser.ts';
import { startGateway } from './gateway.ts';
import { lighthouseScores } from './lighthouse.ts';

const ROUNDS = 5;
const KB = 1024;
const failures: string[] = [];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const kb = (bytes: number): string => `${(bytes / KB).toFixed(1)} KB`;
const zipped = (bytes: string | Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

/** A goal, and where the run fails. */
const weigh = (what: string, bytes: number, goal: number, failsAt: number): void => {
  if (bytes > failsAt * KB) failures.push(`${what}: ${kb(bytes)}, and ${failsAt} KB at most`);
  say(`| ${what} | ${kb(bytes)} | ${goal} KB | ${bytes <= goal * KB ? 'kept' : 'missed'} |`);
};

const gateway = await startGateway();
try {
  const { api, secretKey, publishableKey, shop } = gateway;
  const { hostname, port } = new URL(api);
  const stripe = new Stripe(secretKey, { host: hostname, port, protocol: 'http' });
  const { url } = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [
      {
        quantity: 2,
        price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Tea' } },
      },
    ],
    success_url: `${shop}/`,
  });
  const page = url ?? '';

  const [load = 0] = loadavg();
  say(
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, load ${load.toFixed(1)}, Node ${process.version}\n`,
  );
  await weighAll(api, page, publishableKey);
  await timeAll(page);
  if (process.argv.includes('--lighthouse')) await scoreAll(page);
} finally {
  await gateway.stop();
}
if (failures.length > 0) {
  say(`\nNot kept: ${failures.join('; ')}`);
  process.exitCode = 1;
}

async function weighAll(api: string, page: string, key: string): Promise<void> {
  const read = async (path: string): Promise<string> => (await fetch(new URL(path, api))).text();
  const scriptsIn = (html: string): readonly string[] =>
    [...html.matchAll(/<script type="module" src="([^"]+)"/g)].map(([, path = '']) => path);
  const html = await read(page);
  let scripts = 0;
  for (const path of scriptsIn(html)) scripts += zipped(await read(path));
  const frame = async (kind: string): Promise<number> => {
    const inside = await read(`/elements/frame?kind=${kind}&key=${key}`);
    const [script = ''] = scriptsIn(inside);
    return zipped(inside) + zipped(await read(script));
  };
  say('| gzip -9, in English | bytes | goal | |\n|---|---|---|---|');
  weigh('page of a checkout: scripts', scripts, 20, 25);
  weigh('page of a checkout: everything', scripts + zipped(html), 50, 60);
  weigh('loader on a merchant’s page', zipped(await read('/v1/tollgate.js')), 4, 5);
  for (const kind of ['card', 'payment', 'cardNumber']) {
    weigh(`frame with ${kind}`, await frame(kind), 12, 15);
  }
}

async function timeAll(page: string): Promise<void> {
  const browser = await launchSlowly();
  const rounds: Timing[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await browser.time(page));
  } finally {
    await browser.close();
  }
  const median = (of: (timing: Timing) => number): number =>
    rounds.map(of).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  say(`\n390×844, 1.6 Mbit/s, 150 ms round trip, processor 4 times slower; median of ${ROUNDS}\n`);
  say('| | measured | goal |\n|---|---|---|');
  say(`| first byte of the page | ${ms(median(({ firstByteMs }) => firstByteMs))} | |`);
  say(`| largest paint (LCP) | ${ms(median(({ largestPaintMs }) => largestPaintMs))} | 1000 ms |`);
  say(`| form can be used | ${ms(median(({ usableMs }) => usableMs))} | 1000 ms |`);
  say(
    `| time the thread was blocked (TBT) | ${ms(median(({ blockedMs }) => blockedMs))} | 120 ms |`,
  );
  say(`| layout shift (CLS) | ${median(({ shift }) => shift).toFixed(3)} | 0.010 |`);
  say(`| bytes over the wire | ${kb(median(({ bytes }) => bytes))} | |`);
  say(
    `| requests, fonts, other origins | ${[...new Set(rounds.map(({ asked }) => asked))].join('; ')} | – , 0, 0 |`,
  );
}

async function scoreAll(page: string): Promise<void> {
  const scores = await lighthouseScores(page);
  say('\n| Lighthouse, mobile | score | goal |\n|---|---|---|');
  for (const [name, goal] of [
    ['performance', 0.98],
    ['accessibility', 1],
    ['best-practices', 1],
  ] as const) {
    say(`| ${name} | ${scores[name] ?? 'none'} | ${goal} |`);
  }
}
