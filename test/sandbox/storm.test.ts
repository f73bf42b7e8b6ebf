// Two thousand messages of all kinds from a seed, with every fault: the bank's books stay right, nothing
// is booked twice, and the same seed gives the same journal to the last byte.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Clock, systemClock } from '#kit/context';
import type { Message } from '#kit/iso8583';
import { readJournal } from '../../sandbox/books/journal.ts';
import { type FaultKind, type FaultRule, faultKinds } from '../../sandbox/faults/fault.ts';
import { type Sandbox, startSandbox } from '../../sandbox/main.ts';
import { journalFile } from '../../sandbox/world/world.ts';
import { seededRandom } from '../../src/kit/context/for-tests.ts';
import { pause } from '../support/writers.ts';
import {
  charge,
  completion,
  connectGateway,
  type Gateway,
  network,
  refund,
  repeated,
  reversal,
  stanOf,
} from './support/gateway.ts';
import { assertAgree, assertDecidedOnce } from './support/verdict.ts';
import { newSettings } from './support/world.ts';

const MESSAGES = 2_000;

const cards = [
  '4242424242424242',
  '5555555555554444',
  '378282246310005',
  '4000056655665556',
  '6200000000000005',
  '4000000000000002',
  '4000000000009995',
  '4000000000000119',
] as const;

/** What stays without an answer is rarer than the rest. */
const rare: ReadonlySet<FaultKind> = new Set(['hang', 'late_after_reversal']);
const rules = (Object.keys(faultKinds) as FaultKind[]).map(
  (kind): FaultRule => ({
    id: kind,
    kind,
    when: { probability: rare.has(kind) ? 0.01 : 0.03 },
    delayMs: 3,
    ...(kind === 'decline' || kind === 'wrong_code' ? { code: '96' } : {}),
  }),
);

const script = (seed: string): readonly Message[] => {
  const random = seededRandom(seed);
  const below = (limit: number): number => random.bytes(4).readUInt32BE() % limit;
  const sent: Message[] = [];
  const opened: Message[] = [];
  const anyOf = (list: readonly Message[]): Message => list[below(list.length)] as Message;
  const open = (message: Message): Message => {
    opened.push(message);
    return message;
  };
  for (let count = 1; count <= MESSAGES; count += 1) {
    const step = below(100);
    const amount = 1 + below(20_000);
    const card = cards[below(cards.length)] as string;
    const more = { card, amount, currency: below(2) === 0 ? '978' : '840' };
    if (step < 25 || opened.length === 0) sent.push(open(charge(count, more)));
    else if (step < 50) sent.push(open(charge(count, { ...more, mti: '0100' })));
    else if (step < 65) sent.push(completion(count, anyOf(opened), amount % 5_000));
    else if (step < 75) sent.push(refund(count, anyOf(opened), amount % 3_000));
    else if (step < 87) sent.push(reversal(count, anyOf(sent.filter(isReversible))));
    else if (step < 97) sent.push(below(2) === 0 ? anyOf(sent) : repeated(anyOf(sent)));
    else sent.push(network(stanOf(count), '301'));
  }
  return sent;
};

/** No repeat: those end in an odd digit. */
const isReversible = ({ mti }: Message): boolean => /^0[12]\d[024]$/.test(mti);

/** Time that stands still for the bank's eyes; what is slow is slow all the same. */
const stillClock: Clock = { ...systemClock, now: () => Date.parse('2026-11-20T12:00:00Z') };

/** No answer of its own ever comes; the link stays as it was. */
const silent: ReadonlySet<FaultKind> = new Set(['hang', 'late_after_reversal', 'swapped']);

/**
 * Sends it, and goes on when it was answered, or the link ended, or the journal says that nothing will
 * come: a clock would go on too early on a busy machine, and then the next message might overtake it.
 */
const askInTurn = async (sandbox: Sandbox, gateway: Gateway, message: Message): Promise<void> => {
  const before = sandbox.journal().lines.length;
  const answered = gateway.ask(message, 60_000).then(() => true);
  while (!(await Promise.race([answered, pause(5).then(() => false)]))) {
    const since = sandbox.journal().lines.slice(before);
    if (since.some(({ fact }) => fact.fact === 'fault' && silent.has(fact.kind))) return;
  }
};

const runStorm = async (seed: string) => {
  const settings = await newSettings({ seed, faults: rules, clock: stillClock });
  const sandbox = await startSandbox(settings);
  const answers: Message[] = [];
  let gateway: Gateway | undefined;
  try {
    for (const message of script(seed)) {
      if (gateway?.isOpen() !== true) {
        answers.push(...(gateway?.received ?? []));
        gateway = await connectGateway(sandbox.ports.acquirer);
      }
      await askInTurn(sandbox, gateway, message);
    }
    answers.push(...(gateway?.received ?? []));
  } finally {
    gateway?.close();
    await sandbox.stop();
  }
  return { settings, answers, file: journalFile(settings.dataFolder) };
};

test('two thousand messages with faults, twice', { timeout: 280_000 }, async (t) => {
  const began = performance.now();
  const [first, second] = await Promise.all([runStorm('storm 1'), runStorm('storm 1')]);
  const durationMs = performance.now() - began;
  assert.equal(readFileSync(first.file, 'utf8'), readFileSync(second.file, 'utf8'));

  const journal = readJournal(first.file);
  await assertAgree(first.settings.databaseUrl, journal);
  assertDecidedOnce(journal);
  assertAmountsAsSent(first.settings.seed, journal);
  const tally = assertAnswersAreInJournal(first.answers, journal);

  const kinds = new Set(
    journal.lines.flatMap(({ fact }) => (fact.fact === 'fault' ? [fact.kind] : [])),
  );
  assert.deepEqual([...kinds].toSorted(), Object.keys(faultKinds).toSorted());
  const facts = Object.groupBy(journal.lines, ({ fact }) => fact.fact);
  const counts = Object.entries(facts).map(([name, lines]) => `${name} ${lines?.length ?? 0}`);
  t.diagnostic(`${Math.round(durationMs)} ms, ${tally} answers; ${counts.join(', ')}`);
});

/** What was approved is what the script asked for, in amount and currency. */
const assertAmountsAsSent = (seed: string, journal: ReturnType<typeof readJournal>): void => {
  const sent = new Map(script(seed).map((message) => [String(message.fields[11]), message]));
  for (const { fact } of journal.lines) {
    if (fact.fact !== 'approved' || fact.request.mti.endsWith('1')) continue;
    const message = sent.get(fact.request.stan);
    assert.equal(fact.approval.approvedMinor, BigInt(String(message?.fields[4])));
    assert.equal(fact.approval.currency, message?.fields[49]);
  }
};

/** Every code that reached the gateway was decided; only faults that lie may tell anything else. */
const assertAnswersAreInJournal = (
  answers: readonly Message[],
  journal: ReturnType<typeof readJournal>,
): number => {
  const decided = new Set<string>();
  const lying = new Set<string>();
  for (const { fact } of journal.lines) {
    if ('request' in fact) decided.add(`${fact.request.stan} ${fact.answer[39]}`);
    if (fact.fact !== 'fault') continue;
    const stan = fact.key.split('/').at(-1) ?? '';
    if (fact.kind === 'swapped' || fact.kind === 'wrong_code') lying.add(stan);
    // A declined advice is told and not kept, so that its repeat is taken.
    if (fact.kind === 'decline') lying.add(stan);
  }
  let compared = 0;
  for (const { mti, fields } of answers) {
    if (mti === '0810' || lying.has(String(fields[11]))) continue;
    const told = [fields[11], fields[39]].join(' ');
    assert.ok(decided.has(told), `${mti} ${told}`);
    compared += 1;
  }
  return compared;
};

test('links that send all at once are answered in full, and booked together', async (t) => {
  const settings = await newSettings();
  const sandbox = await startSandbox(settings);
  try {
    const links = await Promise.all([0, 1, 2, 3].map(() => connectGateway(sandbox.ports.acquirer)));
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: MESSAGES }, (_, at) =>
        (links[at % links.length] as Gateway).ask(charge(at + 1), 30_000),
      ),
    );
    const perSecond = Math.round((MESSAGES / (performance.now() - began)) * 1_000);
    t.diagnostic(`${perSecond} purchases a second`);
    assert.deepEqual(new Set(answers.map((answer) => answer?.fields[39])), new Set(['00']));
    assert.equal(sandbox.journal().liveApprovals().length, MESSAGES);
    await assertAgree(settings.databaseUrl, sandbox.journal());
  } finally {
    await sandbox.stop();
  }
});
