// Disputes as a merchant meets them: a payment at the sandbox's bank, what its holder does about it, the
// merchant's answer, and the end, through the official SDK. The bank's clock is moved; nobody waits.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { parseId, spellId } from '#kit/ids';
import { DISPUTE, explainDispute, loadDisputesForPerson } from '#payments/disputes';
import { asOwner } from '../../src/for-tests.ts';
import { DAY_MS } from '../sandbox/support/control.ts';
import { refusalOf } from '../support/stripe.ts';
import { waitUntil } from '../support/writers.ts';
import { openContested, type Paid } from './support.ts';

const { gateway, merchant, stripe, bank, happened, pay, disputeOf, until } = await openContested();
const { disputes, charges, refunds } = stripe;

const AFTERWARDS_MS = 5_000;

const rowOf = async (charge: string) => {
  const [row] = (await asOwner(
    gateway.on,
    `select provider_id, details->>'owedAnswer' as owed from payments.disputes
      where charge_id = '${parseId('ch', charge)}' order by id desc limit 1`,
  )) as { provider_id: string; owed: string | null }[];
  assert.ok(row);
  return row;
};
/** The bank's name of the dispute of that charge. */
const bankNameOf = async (charge: string): Promise<string> => (await rowOf(charge)).provider_id;
/** Whether the bank has not heard the merchant's answer yet. */
const owed = async (charge: string): Promise<boolean> => (await rowOf(charge)).owed !== null;

const available = async (): Promise<number> => {
  const { available: held } = await stripe.balance.retrieve();
  return held.find(({ currency }) => currency === 'eur')?.amount ?? 0;
};
const bookingsOf = ({ balance_transactions: all }: { balance_transactions: unknown[] }) =>
  (all as { amount: number; fee: number; net: number; reporting_category: string }[]).map(
    ({ amount, fee, net, reporting_category: category }) => [category, amount, fee, net],
  );

const chargeRowOf = async ({ charge }: Paid) => {
  const [row] = await asOwner(
    gateway.on,
    `select o.reference, c.refunding::text, (c.captured - c.charged_back)::text as kept
       from payments.charges c join rails.operations o on o.id = c.operation_id
      where c.id = '${parseId('ch', charge)}'`,
  );
  return present(row, 'The charge');
};
/** Nobody reads the feed while `work` goes on. */
const deaf = async <T>(work: () => Promise<T>): Promise<T> => {
  const free = 'leased_until is null or leased_until < now()';
  const take = `update rails.dispute_feeds set leased_until = now() + interval '1 hour' where ${free} returning 1`;
  await waitUntil('the feed', 60_000, async () => (await asOwner(gateway.on, take)).length > 0);
  try {
    return await work();
  } finally {
    await asOwner(gateway.on, 'update rails.dispute_feeds set leased_until = null');
  }
};
const isRefundRefused = async ({ intent }: Paid): Promise<boolean> => {
  const [refund] = await asOwner(
    gateway.on,
    `select reference from rails.operations
      where kind = 5 and intent_id = '${parseId('pi', intent.id)}'`,
  );
  if (refund === undefined) return false;
  const story = await bank.get<{ what: string }[]>(`/story/${String(refund['reference'])}`);
  return story.some(({ what }) => what === 'declined');
};

beforeEach(async () => {
  await happened();
});

describe('a payment whose holder contests it', () => {
  test('is withdrawn with a fee, answered, and won back without it', async () => {
    const before = await available();
    const paid = await pay('pm_card_createDispute');
    assert.equal(paid.intent.status, 'succeeded');
    await happened();
    await bank.advance(AFTERWARDS_MS);
    const opened = await disputeOf(paid, 'needs_response');
    assert.match(opened.id, /^du_\w{22}$/);
    const found = await charges.search({ query: "disputed:'true' AND amount:5000" });
    assert.ok(found.data.some(({ id }) => id === paid.charge));
    assert.deepEqual(
      [opened.amount, opened.currency, opened.reason, opened.payment_intent, opened.charge],
      [5_000, 'eur', 'fraudulent', paid.intent.id, paid.charge],
    );
    assert.deepEqual(
      [opened.network_reason_code, opened.payment_method_details?.card?.case_type],
      ['10.4', 'chargeback'],
    );
    assert.equal(opened.is_charge_refundable, false);
    const { evidence_details: details } = opened;
    assert.deepEqual(
      [details.has_evidence, details.past_due, details.submission_count],
      [false, false, 0],
    );
    assert.ok((details.due_by ?? 0) > opened.created + 29 * 86_400);
    assert.deepEqual(bookingsOf(opened), [['dispute', -5_000, 2_000, -7_000]]);
    assert.equal(await available(), before - 7_000);
    assert.deepEqual(await happened(), [
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
    ]);
    assert.equal((await charges.retrieve(paid.charge)).disputed, true);
    // As older clients ask; of a charge that nobody disputes there is none.
    const expand = ['data.dispute.charge'];
    const { data: listed } = await charges.list({ limit: 100, expand });
    const shown = listed.map((each) => [each.id, (each as { dispute?: Stripe.Dispute }).dispute]);
    const { dispute, ...others } = Object.fromEntries(
      shown.map(([id, each]) => [id === paid.charge ? 'dispute' : id, each]),
    ) as Record<string, Stripe.Dispute | undefined>;
    assert.deepEqual([dispute?.id, dispute?.status], [opened.id, 'needs_response']);
    assert.equal((dispute?.charge as Stripe.Charge | undefined)?.id, paid.charge);
    assert.ok(Object.values(others).every((each) => each?.id !== opened.id));
    const refused = await refusalOf(refunds.create({ charge: paid.charge }));
    assert.equal(refused.code, 'charge_disputed');
    assert.equal(
      refused.message,
      `Charge ${paid.charge} has been charged back; cannot issue a refund.`,
    );

    const kept = await disputes.update(opened.id, {
      evidence: { product_description: 'A lamp', uncategorized_text: 'soon' },
      submit: false,
      metadata: { case: '7' },
    });
    assert.deepEqual(
      [kept.status, kept.evidence.product_description, kept.evidence_details.submission_count],
      ['needs_response', 'A lamp', 0],
    );
    const submitted = await disputes.update(opened.id, {
      evidence: { uncategorized_text: 'winning_evidence' },
    });
    assert.deepEqual(
      [
        submitted.status,
        submitted.evidence.product_description,
        submitted.evidence_details.submission_count,
        submitted.evidence_details.submission_method,
      ],
      ['under_review', 'A lamp', 1, 'manual'],
    );
    assert.deepEqual(await happened(), ['charge.dispute.updated', 'charge.dispute.updated']);
    const late = await refusalOf(
      disputes.update(opened.id, { evidence: { uncategorized_text: 'more' } }),
    );
    assert.match(late.message, /has a status of under_review/);

    await until(async () => {
      const { status } = await bank.get<{ status: string }>(
        `/acquirer/disputes/${await bankNameOf(paid.charge)}`,
      );
      return status === 'under_review' ? status : undefined;
    });
    await bank.advance(DAY_MS);
    const won = await disputeOf(paid, 'won');
    assert.deepEqual(bookingsOf(won), [
      ['dispute', -5_000, 2_000, -7_000],
      ['dispute_reversal', 5_000, 0, 5_000],
    ]);
    assert.equal(await available(), before - 2_000);
    assert.deepEqual(await happened(), [
      'charge.dispute.closed',
      'charge.dispute.funds_reinstated',
    ]);
    const { data } = await stripe.balanceTransactions.list({ source: opened.id });
    assert.deepEqual(
      data.map(({ id, type }) => [id, type]).toReversed(),
      won.balance_transactions.map(({ id, type }) => [id, type]),
    );
    assert.equal((await refunds.create({ charge: paid.charge })).status, 'succeeded');
  });

  test('whose evidence the bank does not take waits for a person, and ends as the bank says', async () => {
    const paid = await pay('pm_card_createDispute');
    const opened = await disputeOf(paid, 'needs_response');
    await deaf(async () => {
      const name = await bankNameOf(paid.charge);
      assert.equal((await bank.send('POST', `/acquirer/disputes/${name}/accept`, {})).status, 200);
      await disputes.update(opened.id, { evidence: { uncategorized_text: 'winning_evidence' } });
      await until(async () => ((await owed(paid.charge)) ? undefined : true));
      const open = await loadDisputesForPerson(gateway.context, merchant.scope, {
        onlyForPerson: true,
        limit: 10,
      });
      assert.deepEqual(
        open.map(({ id, refusedAnswer }) => [spellId(DISPUTE, id), refusedAnswer]),
        [[opened.id, 'evidence']],
      );
      assert.match(gateway.errors.splice(0).join(), /did not take what its merchant answered/);
    });
    await disputeOf(paid, 'lost');
    const id = present(parseId(DISPUTE, opened.id) ?? undefined, 'Its id');
    const asked = { disputeId: id, why: 'The bank had lost it' };
    assert.equal((await explainDispute(gateway.context, merchant.scope, asked)).ok, true);
    await happened();
  });

  test('is lost with other words, and stays lost', async () => {
    const paid = await pay('pm_card_createDisputeProductNotReceived');
    await bank.advance(AFTERWARDS_MS);
    const opened = await disputeOf(paid, 'needs_response');
    assert.equal(opened.reason, 'product_not_received');
    await disputes.update(opened.id, { evidence: { uncategorized_text: 'losing_evidence' } });
    await until(async () => ((await owed(paid.charge)) ? undefined : true));
    await happened();
    await bank.advance(DAY_MS);
    const lost = await disputeOf(paid, 'lost');
    assert.equal(lost.balance_transactions.length, 1);
    assert.deepEqual(await happened(), ['charge.dispute.closed']);
    const refused = await refusalOf(refunds.create({ charge: paid.charge }));
    assert.equal(refused.code, 'charge_disputed');
    const closing = await refusalOf(disputes.close(opened.id));
    assert.match(closing.message, /cannot be closed because it has a status of lost/);
  });

  test('is given up by its merchant at once', async () => {
    const paid = await pay('pm_card_createDispute');
    await bank.advance(AFTERWARDS_MS);
    const opened = await disputeOf(paid, 'needs_response');
    await happened();
    const closed = await disputes.close(opened.id);
    assert.equal(closed.status, 'lost');
    assert.deepEqual(await happened(), ['charge.dispute.closed']);
    await until(async () => {
      const { status } = await bank.get<{ status: string }>(
        `/acquirer/disputes/${await bankNameOf(paid.charge)}`,
      );
      return status === 'lost' ? status : undefined;
    });
    // The bank's own word of it changes nothing any more.
    await until(async () => ((await owed(paid.charge)) ? undefined : true));
    assert.deepEqual(await happened(), []);
  });

  test('is lost when nobody answers in time', async () => {
    const paid = await pay('pm_card_createDispute');
    await bank.advance(AFTERWARDS_MS);
    await disputeOf(paid, 'needs_response');
    await bank.advance(31 * DAY_MS);
    const { evidence_details: details } = await disputeOf(paid, 'lost');
    // Of evidence that nobody submitted none came too late.
    assert.deepEqual([details.submission_count, details.past_due], [0, false]);
  });

  test('may be asked about first, and no money moves', async () => {
    const before = await available();
    const paid = await pay('pm_card_createDisputeInquiry');
    await happened();
    await bank.advance(AFTERWARDS_MS);
    const inquiry = await disputeOf(paid, 'warning_needs_response');
    assert.deepEqual([inquiry.balance_transactions, inquiry.is_charge_refundable], [[], true]);
    assert.deepEqual(await happened(), ['charge.dispute.created']);
    assert.equal((await charges.retrieve(paid.charge)).disputed, false);
    await disputes.update(inquiry.id, {
      evidence: { uncategorized_text: 'escalate_inquiry_evidence' },
    });
    await until(async () => ((await owed(paid.charge)) ? undefined : true));
    await happened();
    await bank.advance(DAY_MS);
    const escalated = await disputeOf(paid, 'needs_response');
    assert.equal(escalated.payment_method_details?.card?.case_type, 'chargeback');
    assert.deepEqual(await happened(), [
      'charge.dispute.updated',
      'charge.dispute.funds_withdrawn',
    ]);
    assert.equal(await available(), before - 7_000);
  });

  test('may be refunded while it is only asked about', async () => {
    const paid = await pay('pm_card_createDisputeInquiry');
    await bank.advance(AFTERWARDS_MS);
    const { id } = await disputeOf(paid, 'warning_needs_response');
    let changes = 0;
    const were: unknown[] = [];
    const shown = async () => {
      const { data: listed } = await disputes.list({ charge: paid.charge });
      changes += 1;
      const changed = await disputes.update(id, { metadata: { changes } });
      const { data: events } = await stripe.events.list({ type: 'charge.dispute.updated' });
      const { object, previous_attributes: previous } = present(events[0], 'an event').data;
      const told = object as Stripe.Dispute;
      were.push((previous as Partial<Stripe.Dispute>).is_charge_refundable);
      const all = [await disputes.retrieve(id), listed[0], changed, told];
      return all.map((each) => each?.is_charge_refundable);
    };
    assert.deepEqual(await shown(), [true, true, true, true]);
    await refunds.create({ charge: paid.charge, amount: 100 });
    assert.deepEqual(await shown(), [true, true, true, true]);
    assert.equal((await refunds.create({ charge: paid.charge })).status, 'succeeded');
    // Nothing is left.
    assert.deepEqual(await shown(), [false, false, false, false]);
    assert.deepEqual(were, [undefined, undefined, true]);
  });

  test('may be contested again after it was won', async () => {
    const paid = await pay('pm_card_createDispute');
    await bank.advance(AFTERWARDS_MS);
    const { id } = await disputeOf(paid, 'needs_response');
    await disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } });
    await until(async () => ((await owed(paid.charge)) ? undefined : true));
    await bank.advance(DAY_MS);
    await disputeOf(paid, 'won');
    const name = await bankNameOf(paid.charge);
    assert.equal((await bank.send('POST', `/disputes/${name}/reopen`, {})).status, 200);
    const again = await disputeOf(paid, 'needs_response');
    assert.deepEqual(
      bookingsOf(again).map(([category]) => category),
      ['dispute', 'dispute_reversal', 'dispute'],
    );
    assert.equal((await disputes.close(id)).status, 'lost');
  });

  test('while a refund is on its way, which the bank then refuses, is taken once and not refunded again', async () => {
    for (const amount of [5_000, 2_500]) {
      const paid = await pay('pm_card_visa');
      const { reference } = await chargeRowOf(paid);
      const lateAnswer = { id: 'late', kind: 'slow', times: 1, delayMs: 2_000 };
      assert.equal((await bank.send('PUT', '/faults', [lateAnswer])).status, 200);
      const refunding = await deaf(async () => {
        const contested = { reference, amount_minor: amount };
        assert.equal((await bank.send('POST', '/disputes', contested)).status, 200);
        const asked = refunds.create({ charge: paid.charge, amount: 3_000 });
        await waitUntil('the refusal', 60_000, () => isRefundRefused(paid));
        return { asked };
      });
      await disputeOf(paid, 'needs_response');
      assert.equal((await refunding.asked).status, 'failed');

      const refused = await refusalOf(refunds.create({ charge: paid.charge, amount: 100 }));
      assert.equal(refused.code, 'charge_disputed');
      const { kept, refunding: reserved } = await chargeRowOf(paid);
      assert.deepEqual([kept, reserved], [String(5_000 - amount), '0']);
    }
    assert.equal((await bank.send('PUT', '/faults', [])).status, 200);
  });

  test('may be contested in parts', async () => {
    const paid = await pay('pm_card_createMultipleDisputes');
    await bank.advance(AFTERWARDS_MS);
    const both = await until(async () => {
      const { data } = await disputes.list({ payment_intent: paid.intent.id });
      return data.length === 2 ? data : undefined;
    });
    assert.deepEqual(
      both.map(({ amount }) => amount),
      [2_500, 2_500],
    );
  });

  test('is warned of, where its bank thinks it fraud', async () => {
    const paid = await pay('pm_card_createIssuerFraudRecord');
    await happened();
    await bank.advance(AFTERWARDS_MS);
    await until(async () => {
      const { data } = await stripe.events.list({ type: 'radar.early_fraud_warning.created' });
      return data.find((event) => JSON.stringify(event).includes(paid.charge));
    });
    assert.deepEqual(await happened(), ['radar.early_fraud_warning.created']);

    const { earlyFraudWarnings } = stripe.radar;
    const ofCharge = await earlyFraudWarnings.list({ charge: paid.charge });
    const ofIntent = await earlyFraudWarnings.list({ payment_intent: paid.intent.id });
    assert.equal(ofCharge.data.length, 1);
    assert.deepEqual(ofIntent.data, ofCharge.data);
    const warning = present(ofCharge.data[0], 'The warning');
    assert.deepEqual([warning.actionable, warning.payment_intent], [true, paid.intent.id]);
    const retrieved = await earlyFraudWarnings.retrieve(warning.id, { expand: ['charge'] });
    assert.equal((retrieved.charge as Stripe.Charge).id, paid.charge);
    const elsewhere = await pay('pm_card_visa');
    assert.deepEqual((await earlyFraudWarnings.list({ charge: elsewhere.charge })).data, []);

    await refunds.create({ charge: paid.charge });
    assert.equal((await earlyFraudWarnings.retrieve(warning.id)).actionable, false);
    await assert.rejects(earlyFraudWarnings.retrieve('issfr_none'), { code: 'resource_missing' });
  });

  test('whose refund takes its time is given back when the bank says so, and counted once', async () => {
    const paid = await pay('pm_card_pendingRefund');
    const refund = await refunds.create({ charge: paid.charge });
    assert.equal(refund.status, 'pending');
    const { type, card } = refund.destination_details ?? {};
    assert.deepEqual([type, card?.type], ['card', 'pending']);
    assert.match(card?.reference ?? '', /^\d{12}$/);
    assert.equal(card?.reference_type, 'retrieval_reference_number');
    assert.equal((await charges.retrieve(paid.charge)).amount_refunded, refund.amount);
    await bank.advance(AFTERWARDS_MS);
    await until(async () => {
      const { status } = await refunds.retrieve(refund.id);
      return status === 'succeeded' ? status : undefined;
    });
    const settled = (await refunds.retrieve(refund.id)).destination_details?.card;
    assert.deepEqual([settled?.type, settled?.reference], ['refund', card?.reference]);
    const counted = await asOwner(
      gateway.on,
      `select c.direction from rails.clearing_entries c join rails.operations o on o.id = c.operation_id
        where o.intent_id = '${parseId('pi', paid.intent.id)}' order by c.direction`,
    );
    assert.deepEqual(
      counted.map(({ direction }) => direction),
      [1, 3],
    );
  });

  test('whose refund did not arrive has its money back', async () => {
    const paid = await pay('pm_card_refundFail');
    const refund = await refunds.create({ charge: paid.charge });
    assert.equal(refund.status, 'succeeded');
    await bank.advance(AFTERWARDS_MS);
    await until(async () => {
      const { status } = await refunds.retrieve(refund.id);
      return status === 'failed' ? status : undefined;
    });
    assert.equal((await charges.retrieve(paid.charge)).amount_refunded, 0);
  });
});

describe('disputes', () => {
  test('are found by id, by what they are of, and page by page', async () => {
    const all = await disputes.list({ limit: 3 });
    assert.equal(all.has_more, true);
    const [first] = all.data;
    assert.ok(first);
    assert.deepEqual((await disputes.retrieve(first.id)).id, first.id);
    const next = await disputes.list({ limit: 3, starting_after: all.data.at(-1)?.id ?? '' });
    assert.ok(next.data.every(({ id }) => !all.data.some((other) => other.id === id)));
    const expanded = await disputes.retrieve(first.id, { expand: ['charge', 'payment_intent'] });
    assert.equal(typeof expanded.charge === 'object' && expanded.charge.object, 'charge');
    const missing = await refusalOf(disputes.retrieve('du_0000000000000000000000'));
    assert.equal(missing.message, "No such dispute: 'du_0000000000000000000000'");
    assert.equal((await refusalOf(disputes.list({ charge: 'ch_none' }))).statusCode, 400);
  });

  test('take no evidence that is empty, too long, or a file that is not there', async () => {
    const paid = await pay('pm_card_createDispute');
    await bank.advance(AFTERWARDS_MS);
    const { id } = await disputeOf(paid, 'needs_response');
    for (const [asked, param] of [
      [{ submit: true }, 'submit'],
      [{ evidence: { receipt: 'file_none' } }, 'evidence[receipt]'],
      [{ evidence: { appeal: { card: { reason_for_filing: 'x' } } } }, 'evidence[appeal]'],
      [{ evidence: { unheard_of: 'x' } }, 'evidence[unheard_of]'],
    ] as const) {
      const refused = await refusalOf(disputes.update(id, asked as object));
      assert.deepEqual([refused.statusCode, refused.param], [400, param]);
    }
    assert.equal((await disputes.retrieve(id)).status, 'needs_response');
  });
});
