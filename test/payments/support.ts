// A gateway and the bank it pays at, over the real link, driven through the official SDK; and the verdict:
// the bank's journal and the gateway's books tell one story.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { parseId } from '#kit/ids';
import type { Approval } from '../../sandbox/issuer/approval.ts';
import type { Sandbox } from '../../sandbox/main.ts';
import { asOwner, type TestDatabase } from '../../src/for-tests.ts';
import { impatient, quick } from '../acquiring/support/impatient.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import type { Ask } from '../support/ask.ts';
import { startGatewayHere, type TestGateway } from '../support/gateway.ts';
import type { Merchant } from '../support/merchant.ts';
import { stripeFor } from '../support/stripe.ts';
import { pause, waitUntil } from '../support/writers.ts';

export type Town = {
  readonly bank: Sandbox;
  readonly gateway: TestGateway;
  readonly merchant: Merchant;
  readonly stripe: Stripe;
};

/** How long it waits for the bank's answer: long, where no answer is meant to be missed. */
type Patience = { readonly patienceMs?: number };

export const openTown = async ({ patienceMs = 20_000 }: Patience = {}): Promise<Town> => {
  const bank = await newSandbox();
  const gateway = await startGatewayHere({
    connectors: [impatient(quick(), { timeoutMs: patienceMs })],
  });
  const merchant = await gateway.merchant();
  await openAccountAt(bank, gateway.ask, merchant.key);
  return { bank, gateway, merchant, stripe: stripeFor(gateway.port, merchant.key) };
};

/** As a merchant does it who was given a terminal by the bank. */
export const openAccountAt = async (bank: Sandbox, ask: Ask, key: string): Promise<void> => {
  const settings = {
    host: '127.0.0.1',
    port: bank.ports.acquirer,
    acquirer_id: '12345',
    terminal_id: 'TERM0001',
    merchant_id: 'MERCHANT0000001',
    merchant_category: '5999',
    disputes_url: `http://127.0.0.1:${bank.ports.control}/acquirer/disputes`,
  };
  const form = Object.entries(settings)
    .map(([name, value]) => `settings[${name}]=${value}`)
    .join('&');
  const made = await ask('POST', '/v1/connector_accounts', {
    key,
    form: `connector=direct&${form}`,
  });
  assert.equal(made.status, 200, made.text);
};

/**
 * Looks at everything that is open, now and not when it is due, until nothing is. Whoever is at it is waited for where
 * nobody has died: a second one would send the same reversal beside the first, and its answer fits nothing.
 */
export const resolveAll = async (
  on: TestDatabase,
  { hasAnyoneDied = true }: { readonly hasAnyoneDied?: boolean } = {},
): Promise<void> => {
  const free = hasAnyoneDied ? 'null' : 'case when lease_epoch > 0 then leased_until end';
  for (let round = 0; round < 600; round += 1) {
    if ((await openIn(on)).length === 0) return;
    await asOwner(
      on,
      `update rails.operations set due_at = now() - interval '1 second', leased_until = ${free},
              deadline_at = least(deadline_at, now()) where due_at is not null`,
    );
    await asOwner(
      on,
      `update platform.jobs set run_at = now() - interval '1 second' where name like 'payments.%'`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const open = await openIn(on);
  if (open.length > 0) assert.fail(`Something stays open:\n${open.join('\n')}`);
};

/** Operations and jobs that somebody has to look at, each in a line. */
const openIn = async (on: TestDatabase): Promise<readonly string[]> => {
  const rows = await asOwner(
    on,
    `select 'operation ' || to_jsonb(o)::text as told from rails.operations o where due_at is not null
     union all
     select 'job ' || to_jsonb(j)::text from platform.jobs j where name like 'payments.%'`,
  );
  return rows.map(({ told }) => String(told));
};

const hurryFeeds = async (on: TestDatabase): Promise<void> => {
  for (const table of ['rails.dispute_feeds', 'rails.dispute_notices']) {
    await asOwner(on, `update ${table} set due_at = now() where due_at > now()`);
  }
};

/** The bank's feed is read again and again while `work` goes on. */
export const hearingOfDisputes = async (
  on: TestDatabase,
  work: () => Promise<void>,
): Promise<void> => {
  let isOver = false;
  const hurry = async (): Promise<void> => {
    while (!isOver) {
      await hurryFeeds(on);
      await pause(50);
    }
  };
  const hurrying = hurry();
  try {
    await work();
  } finally {
    isOver = true;
    await hurrying;
  }
};

/** Reads the bank's feed now and not when it is due, until everything in it has taken effect. */
export const hearOfDisputes = async (bank: Sandbox, on: TestDatabase): Promise<void> => {
  const told = bank.journal().state().disputes.notices.length;
  await waitUntil('what the bank tells of disputes', 120_000, async () => {
    const [heard] = await asOwner(
      on,
      'select count(*)::integer as count from rails.dispute_notices where state = 2',
    );
    if (heard?.['count'] === told) return true;
    await hurryFeeds(on);
    return false;
  });
};

/** Payment by payment: what the bank took, gave back and took away again is what we say, under the caps. */
export const assertOneStory = async (bank: Sandbox, on: TestDatabase): Promise<number> => {
  const live = new Map<string, Approval>();
  for (const approval of bank.journal().state().approvals.values()) {
    const { paymentReference = '', state, approvedMinor, capturedMinor } = approval;
    if (state === 'reversed' || state === 'expired') continue;
    assert.ok(!live.has(paymentReference), `${paymentReference} is approved twice`);
    const goneMinor = approval.refundedMinor + approval.chargedBackMinor;
    assert.ok(capturedMinor <= approvedMinor && goneMinor <= capturedMinor, paymentReference);
    live.set(paymentReference, approval);
  }
  const rows = await asOwner(
    on,
    `select o.reference, c.captured - c.refunded as kept, c.charged_back, c.capturing, c.refunding
       from payments.charges c join rails.operations o on o.id = c.operation_id
       join rails.connector_accounts a on a.id = o.connector_account_id and a.connector = 'direct'
      where c.operation_id is not null`,
  );
  for (const { reference, ...ours } of rows) {
    const at = live.get(String(reference));
    live.delete(String(reference));
    const theirs = {
      kept: at === undefined ? 0n : at.capturedMinor - at.refundedMinor,
      charged_back: at?.chargedBackMinor ?? 0n,
      capturing: 0n,
      refunding: 0n,
    };
    const told = Object.entries(ours).map(([name, amount]) => [name, BigInt(String(amount))]);
    assert.deepEqual(Object.fromEntries(told), theirs, String(reference));
  }
  for (const [reference, { capturedMinor, refundedMinor, heldMinor }] of live) {
    const left = capturedMinor - refundedMinor + heldMinor;
    assert.equal(left, 0n, `${reference} lives at the bank and nowhere else`);
  }
  return rows.length;
};

export const uuidOf = (prefix: string, spelled: string): string =>
  present(parseId(prefix, spelled), 'An id');
