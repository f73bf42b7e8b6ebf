// Disputes as a merchant meets them: by card and on demand, answered, decided by the clock, told in a
// feed, and paid for in the books.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import {
  type Dispute,
  type DisputeEvent,
  type DisputeStatus,
  next,
  ways,
} from '../../sandbox/disputes/dispute.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { clockAt, controlOf, DAY_MS } from './support/control.ts';
import { charge, codeOf, completion, connectGateway, refund, reversal } from './support/gateway.ts';
import { assertAgree } from './support/verdict.ts';
import { newSettings } from './support/world.ts';

type View = Record<string, string> & { id: string; programmes: string[] };
type Notice = Record<string, string> & { number: number; dispute: View };
type Feed = { notices: Notice[]; next: number; has_more: boolean };

const settings = await newSettings({ clock: clockAt('2027-06-01T09:00:00Z') });
const sandbox = await startSandbox(settings);
after(() => sandbox.stop());
const gateway = await connectGateway(sandbox.ports.acquirer);
const control = controlOf(sandbox.ports.control);

const FRAUDULENT = '4000000000000259';
const INQUIRY = '4000000000001976';
let count = 0;
let read = 0;

/** A sale on that card, and what is told of it afterwards. */
const sell = async (card: string, amount = 5_000) => {
  count += 1;
  const sale = charge(count, { card, amount });
  assert.equal(codeOf(await gateway.ask(sale)), '00');
  return sale;
};
const news = async (): Promise<Notice[]> => {
  const feed = await control.get<Feed>(`/acquirer/disputes?after=${read}`);
  read = feed.next;
  return feed.notices;
};
const told = (notices: readonly Notice[]) =>
  notices.map(({ type, moved_minor: moved, dispute }) => [type, moved, dispute?.status]);
const after5s = () => control.advance(5_000);
const evidence = (id: string, text: string) =>
  control.send('POST', `/acquirer/disputes/${id}/evidence`, { text });

describe('what may happen to a dispute', () => {
  const statuses = [...new Set(ways.flatMap(({ from, to }) => [from, to]))];
  const events = [...new Set(ways.map(({ event }) => event))];
  const dispute = (status: DisputeStatus) =>
    ({ status, stage: 'chargeback', amountMinor: 7n }) as Dispute;

  test('stands in its table and nowhere else', () => {
    for (const from of statuses) {
      for (const event of events) {
        const known = ways.find((way) => way.from === from && way.event === event);
        assert.equal(next(dispute(from), event)?.status, known?.to, `${from} ${event}`);
      }
    }
    assert.equal(next(dispute('prevented'), 'reopened'), undefined);
  });

  test('gives back only what was taken', () => {
    const walk = (status: DisputeStatus, moved: bigint, path: readonly DisputeEvent[]): void => {
      assert.ok(moved === 0n || moved === -7n, path.join(' '));
      if (path.length === 6) return;
      for (const event of events) {
        const step = next(dispute(status), event);
        if (step !== undefined) walk(step.status, moved + step.movedMinor, [...path, event]);
      }
    };
    walk('needs_response', -7n, []);
    walk('warning_needs_response', 0n, []);
  });
});

test('a chargeback comes seconds after the sale, takes the money, and is won with the right words', async () => {
  await sell(FRAUDULENT);
  assert.deepEqual(await news(), []);
  await after5s();
  const opened = await news();
  assert.deepEqual(told(opened), [['dispute.opened', '-5000', 'needs_response']]);
  const { dispute } = opened[0] as Notice;
  assert.deepEqual(
    [dispute.reason, dispute.reason_code, dispute.rrn, dispute.amount_minor],
    ['fraudulent', '10.4', '632412000001', '5000'],
  );
  assert.equal(dispute.respond_by?.slice(0, 10), '2027-07-01');

  assert.equal((await evidence(dispute.id, 'see winning_evidence')).status, 200);
  assert.deepEqual(told(await news()), [['dispute.evidence', '0', 'under_review']]);
  assert.equal((await evidence(dispute.id, 'more')).status, 409);
  await control.advance(DAY_MS);
  assert.deepEqual(told(await news()), [['dispute.decided_for_merchant', '5000', 'won']]);
  assert.deepEqual(await sandbox.checkBooks(), []);
});

test('a second chargeback takes the money again, and other evidence loses after a week', async () => {
  const { notices } = await control.get<Feed>('/acquirer/disputes');
  const id = notices[0]?.dispute.id ?? '';
  assert.equal((await control.send('POST', `/disputes/${id}/reopen`, {})).status, 200);
  const [again] = await news();
  assert.deepEqual(
    [again?.type, again?.moved_minor, again?.dispute.stage],
    ['dispute.reopened', '-5000', 'pre_arbitration'],
  );
  await evidence(id, 'a photograph of the parcel');
  await control.advance(6 * DAY_MS);
  assert.deepEqual(told(await news()).length, 1);
  await control.advance(2 * DAY_MS);
  assert.deepEqual(told(await news()), [['dispute.decided_for_holder', '0', 'lost']]);
  assert.equal((await control.send('POST', `/disputes/${id}/reopen`, {})).status, 409);
});

test('losing evidence, acceptance and silence each lose', async () => {
  for (let at = 0; at < 3; at += 1) await sell(FRAUDULENT);
  await after5s();
  const ids = (await news()).map(({ dispute }) => dispute.id);
  await evidence(ids[0] ?? '', 'losing_evidence');
  await control.send('POST', `/acquirer/disputes/${ids[1]}/accept`, {});
  await control.advance(31 * DAY_MS);
  const ends = (await news()).filter(({ dispute }) => dispute.status === 'lost');
  assert.deepEqual(
    ends.map(({ type, dispute }) => [type, dispute.id]),
    [
      ['dispute.accepted', ids[1]],
      ['dispute.decided_for_holder', ids[0]],
      ['dispute.deadline_passed', ids[2]],
    ],
  );
});

test('an inquiry moves no money until it becomes a chargeback', async () => {
  for (let at = 0; at < 3; at += 1) await sell(INQUIRY);
  await after5s();
  const opened = await news();
  assert.deepEqual(told(opened)[0], ['dispute.opened', '0', 'warning_needs_response']);
  const [closed = '', escalated = '', silent = ''] = opened.map(({ dispute }) => dispute.id);
  await evidence(closed, 'winning_evidence');
  await evidence(escalated, 'escalate_inquiry_evidence');
  await control.advance(DAY_MS + 1);
  assert.deepEqual(told(await news()).slice(2), [
    ['dispute.decided_for_merchant', '0', 'warning_closed'],
    ['dispute.escalated', '-5000', 'needs_response'],
  ]);
  const still = await control.get<View>(`/acquirer/disputes/${silent}`);
  assert.equal(still.status, 'warning_needs_response');
});

test('an inquiry over what was refunded meanwhile is closed instead of charged back', async () => {
  const sale = await sell(INQUIRY);
  await after5s();
  const id = (await news()).at(-1)?.dispute.id ?? '';
  await gateway.ask(refund(900, sale, 5_000));
  assert.equal((await control.send('POST', `/disputes/${id}/escalate`, {})).status, 409);
  await evidence(id, 'escalate_inquiry_evidence');
  await control.advance(DAY_MS);
  assert.equal((await news()).at(-1)?.dispute.status, 'warning_closed');
});

test('what was charged back is neither refunded nor reversed', async () => {
  const sale = await sell(FRAUDULENT);
  await after5s();
  assert.equal(codeOf(await gateway.ask(refund(901, sale, 1))), '64');
  assert.equal(codeOf(await gateway.ask(reversal(902, sale))), '79');
  await news();
});

test('a sale that was reversed in time is not disputed', async () => {
  const sale = await sell(FRAUDULENT);
  assert.equal(codeOf(await gateway.ask(reversal(903, sale))), '00');
  await control.advance(60_000);
  assert.deepEqual(await news(), []);
});

test('a held payment is disputed once it was completed, and once only', async () => {
  const hold = charge(904, { mti: '0100', card: FRAUDULENT, amount: 6_000 });
  await gateway.ask(hold);
  await control.advance(60_000);
  assert.deepEqual(await news(), []);
  await gateway.ask(completion(905, hold, 2_000, { '72': '1' }));
  await gateway.ask(completion(906, hold, 4_000));
  await after5s();
  assert.deepEqual(told(await news()), [['dispute.opened', '-6000', 'needs_response']]);
});

test('any payment is disputed on demand, in part too, and never for more than there is', async () => {
  await sell('4242424242424242', 9_000);
  const reference = `pay_${count}`;
  const open = (body: Record<string, unknown>) =>
    control.send('POST', '/disputes', { reference, ...body });
  const first = await open({ reason: 'product_not_received', amount_minor: 4_000 });
  assert.deepEqual([first.status, first.body['reason_code']], [200, '13.1']);
  assert.equal((await open({ amount_minor: 5_001 })).status, 409);
  assert.equal((await open({})).body['amount_minor'], '5000');
  assert.equal((await open({})).status, 409);
  assert.equal((await open({ reason: 'bad_mood' })).status, 400);
  assert.equal((await open({ stage: 'prevented' })).status, 400);
  assert.equal((await open({ reference: 'pay_none' })).status, 404);
  await news();
});

test('who takes part in prevention has no chargebacks on those cards', async () => {
  const merchant = 'MERCHANT0000001';
  await control.send('PUT', '/prevention', { merchant, is_on: true });
  await sell('4000000404004816');
  await sell('4000000404005649');
  await after5s();
  assert.deepEqual(told(await news()), [
    ['dispute.prevented', '-5000', 'prevented'],
    ['dispute.prevented', '0', 'prevented'],
  ]);
  await control.send('PUT', '/prevention', { merchant, is_on: false });
  await sell('4000000404004816');
  await after5s();
  assert.deepEqual(told(await news()), [['dispute.opened', '-5000', 'needs_response']]);
});

test('the feed is the same whenever it is read, and page by page', async () => {
  const whole = await control.text('/acquirer/disputes');
  const { notices } = JSON.parse(whole) as Feed;
  assert.deepEqual(
    notices.map(({ number }) => number),
    notices.map((_, at) => at + 1),
  );
  const paged: Notice[] = [];
  let at = 0;
  for (let more = true; more; ) {
    const page = await control.get<Feed>(`/acquirer/disputes?after=${at}&limit=3`);
    paged.push(...page.notices);
    [at, more] = [page.next, page.has_more];
  }
  assert.deepEqual(paged, notices);
  await control.advance(DAY_MS);
  const later = await control.get<Feed>(`/acquirer/disputes?limit=${notices.length}`);
  assert.deepEqual(later.notices, notices);
});

test('chargebacks and their fees are lines of the settlement, and the books balance', async () => {
  await control.advance(5 * DAY_MS);
  const { batches } = await control.get<{ batches: { report: string }[] }>('/acquirer/settlements');
  const reports = await Promise.all(batches.map(({ report }) => control.text(report)));
  const all = reports.join('');
  for (const kind of ['chargeback', 'chargeback_reversal', 'dispute_fee']) {
    assert.match(all, new RegExp(`,${kind},632412`), kind);
  }
  await assertAgree(settings.databaseUrl, sandbox.journal());
});
