// Every call of the SDK that this gateway answers, made once, and its body held against what the SDK's types
// say of it, field by field. A route that is new is missing here until somebody calls it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import { gatherRoutes } from '../../src/roles/api.ts';
import { openContested } from '../disputes/support.ts';
import { callOf } from '../support/stripe-calls.ts';
import { assertAnswer } from '../support/stripe-shape.ts';

const { gateway, merchant, stripe, bank, until, disputeOf, pay } = await openContested();

/** What is not called here, and why. */
const uncalled: Readonly<Record<string, string>> = {
  'payment_intents.apply_customer_balance': 'no payment here is made from a cash balance',
  'payment_intents.verify_microdeposits': 'no payment here waits for deposits',
  'setup_intents.verify_microdeposits': 'no card here waits for deposits',
  'refunds.cancel': 'a refund here never waits for its payer, so that none can be cancelled',
};

const routes = new Map(gatherRoutes().map((route) => [route.operation, route]));
const answers = new Map<string, unknown>();

/** `see('customers.retrieve', 'cus_…')`: what fills the path comes in its order, and the form last. */
const see = async (operation: string, path: readonly string[] = [], form = '') => {
  const route = present(routes.get(operation), `A route named ${operation}`);
  const left = [...path];
  const filled = route.path.replaceAll(/:\w+/g, () => left.shift() ?? '');
  const query = route.method === 'POST' || form === '' ? '' : `?${form}`;
  const { status, text, body } = await gateway.ask(route.method, `${filled}${query}`, {
    key: merchant.key,
    ...(route.method === 'POST' ? { form } : {}),
  });
  assert.equal(status, 200, `${operation}: ${text}`);
  answers.set(operation, body);
  return body;
};

const pays = 'amount=5000&currency=eur&confirm=true&payment_method=pm_card_visa';

const seeCustomers = async (): Promise<void> => {
  const { id } = await see('customers.create', [], 'name=Jenny&metadata[a]=b');
  await see('customers.retrieve', [id]);
  await see('customers.update', [id], 'email=jenny@example.com');
  await see('customers.list');
  await see('customers.search', [], "query=email:'jenny@example.com'");
  const source = await see('customers.create_source', [id], 'source=tok_visa');
  await see('customers.retrieve_source', [id, source.id]);
  await see('customers.update_source', [id, source.id], 'name=Jenny');
  await see('customers.list_sources', [id]);
  await see('customers.delete_source', [id, source.id]);
  const method = await see(
    'payment_methods.create',
    [],
    'type=card&card[token]=tok_visa&billing_details[name]=Jenny',
  );
  await see('payment_methods.retrieve', [method.id]);
  await see('payment_methods.attach', [method.id], `customer=${id}`);
  await see('payment_methods.update', [method.id], 'metadata[a]=b');
  await see('payment_methods.list', [], `customer=${id}`);
  await see('customers.list_payment_methods', [id]);
  await see('customers.retrieve_payment_method', [id, method.id]);
  await see('payment_methods.detach', [method.id]);
  await see('customers.delete', [id]);
};

const card = 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123';

const seeTokens = async (): Promise<void> => {
  const { id } = await see('tokens.create', [], card);
  await see('tokens.retrieve', [id]);
  const confirmation = await see(
    'test_helpers.confirmation_tokens.create',
    [],
    'payment_method=pm_card_visa&return_url=https://shop.test/back',
  );
  await see('confirmation_tokens.retrieve', [confirmation.id]);
};

const seePayments = async (): Promise<void> => {
  const { id } = await see('payment_intents.create', [], 'amount=5000&currency=eur');
  await see('payment_intents.update', [id], 'description=Tea');
  await see('payment_intents.confirm', [id], 'payment_method=pm_card_visa');
  await see('payment_intents.retrieve', [id]);
  await see('payment_intents.list');
  await see('payment_intents.search', [], `query=status:'succeeded'`);
  const other = await see('payment_intents.create', [], 'amount=5000&currency=eur');
  await see('payment_intents.cancel', [other.id]);
  const held = await see(
    'payment_intents.create',
    [],
    `amount=5000&currency=eur&confirm=true&capture_method=manual&payment_method=pm_card_debit_incrementalAuthAuthorized&payment_method_options[card][request_incremental_authorization]=if_available`,
  );
  await see('payment_intents.increment_authorization', [held.id], 'amount=6000');
  await see('payment_intents.capture', [held.id]);
  await see('payment_intents.list_amount_details_line_items', [held.id]);
};

const seeCharges = async (): Promise<void> => {
  const { id } = await see(
    'charges.create',
    [],
    'amount=5000&currency=eur&source=tok_visa&capture=false',
  );
  await see('charges.update', [id], 'description=Tea');
  await see('charges.capture', [id]);
  await see('charges.retrieve', [id]);
  await see('charges.list');
  await see('charges.search', [], `query=status:'succeeded'`);
  const refund = await see('refunds.create', [], `charge=${id}&amount=100`);
  await see('refunds.update', [refund.id], 'metadata[a]=b');
  await see('refunds.retrieve', [refund.id]);
  await see('refunds.list');
};

const seeSetups = async (): Promise<void> => {
  const { id } = await see('setup_intents.create');
  await see('setup_intents.update', [id], 'description=Later');
  const { mandate } = await see(
    'setup_intents.confirm',
    [id],
    'payment_method=pm_card_visa&mandate_data[customer_acceptance][type]=offline',
  );
  await see('mandates.retrieve', [mandate]);
  await see('setup_attempts.list', [], `setup_intent=${id}`);
  await see('setup_intents.retrieve', [id]);
  await see('setup_intents.list');
  const other = await see('setup_intents.create');
  await see('setup_intents.cancel', [other.id]);
};

const seeDisputes = async (): Promise<void> => {
  const { id } = await disputeOf(await pay('pm_card_createDispute'), 'needs_response');
  await see('disputes.retrieve', [id]);
  await see('disputes.update', [id], 'evidence[product_description]=Tea&submit=false');
  await see('disputes.list');
  await see('disputes.close', [id]);
};

const seeFraudWarnings = async (): Promise<void> => {
  const { charge } = await pay('pm_card_createIssuerFraudRecord');
  await bank.advance(5_000);
  const warning = await until(async () => {
    const { data } = await stripe.radar.earlyFraudWarnings.list({ charge });
    return data[0];
  });
  await see('early_fraud_warnings.list', [], `charge=${charge}`);
  await see('early_fraud_warnings.retrieve', [warning.id]);
};

const tea =
  'line_items[0][quantity]=2&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=1250&line_items[0][price_data][product_data][name]=Tea';

const seeCheckout = async (): Promise<void> => {
  const { id } = await see(
    'checkout_sessions.create',
    [],
    `mode=payment&success_url=https://shop.test/done&${tea}`,
  );
  await see('checkout_sessions.update', [id], 'metadata[a]=b');
  await see('checkout_sessions.retrieve', [id]);
  await see('checkout_sessions.list');
  await see('checkout_sessions.list_line_items', [id]);
  await see('checkout_sessions.expire', [id]);
  const link = await see('payment_links.create', [], tea);
  await see('payment_links.update', [link.id], 'active=false');
  await see('payment_links.retrieve', [link.id]);
  await see('payment_links.list');
  await see('payment_links.list_line_items', [link.id]);
};

const seeMoney = async (): Promise<void> => {
  await see('payment_intents.create', [], pays);
  await see('accounts.retrieve');
  await see('invoice_payments.list');
  await see('balance.retrieve');
  const { data } = await see('balance_transactions.list');
  await see('balance_transactions.retrieve', [data[0].id]);
};

const seeEvents = async (): Promise<void> => {
  const { id } = await see(
    'webhook_endpoints.create',
    [],
    'url=https://shop.test/hook&enabled_events[]=customer.created',
  );
  await see('webhook_endpoints.update', [id], 'disabled=true');
  await see('webhook_endpoints.retrieve', [id]);
  await see('webhook_endpoints.list');
  await see('webhook_endpoints.delete', [id]);
  const { data } = await see('events.list', [], 'limit=100');
  await see('events.retrieve', [data[0].id]);
};

const seeClocks = async (): Promise<void> => {
  const { id } = await see('test_clocks.create', [], 'frozen_time=1800000000');
  await see('test_clocks.retrieve', [id]);
  await see('test_clocks.list');
  await see('test_clocks.delete', [id]);
  const other = await see('test_clocks.create', [], 'frozen_time=1800000000');
  await see('test_clocks.advance', [other.id], 'frozen_time=1800000060');
};

await seeCustomers();
await seeTokens();
await seePayments();
await seeCharges();
await seeSetups();
await seeDisputes();
await seeFraudWarnings();
await seeCheckout();
await seeMoney();
await seeEvents();
await seeClocks();

describe('the answer is what the SDK says of its call:', () => {
  for (const [operation, route] of routes) {
    const call = callOf(route);
    if (call === undefined || operation in uncalled) continue;
    test(operation, () => {
      assert.ok(answers.has(operation), `Call ${operation} above, or say in uncalled why not.`);
      assertAnswer(answers.get(operation), call);
    });
  }

  test('and nothing is excused that was called', () => {
    for (const operation of Object.keys(uncalled)) {
      assert.ok(routes.has(operation) && !answers.has(operation), operation);
    }
  });
});
