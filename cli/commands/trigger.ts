// tollgate trigger EVENT: makes an event happen in test mode, by asking the API for what causes it.

import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { apiClient, type Where, withWhere } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../with-runtime.ts';

/**
 * One request; `{name}` stands for the id that an earlier step of that name answered with. `GET` waits until a list
 * has something, which is what it takes then.
 */
type Step = {
  readonly as?: string;
  readonly method?: 'GET' | 'DELETE';
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
};

const customer: Step = {
  as: 'customer',
  path: '/v1/customers',
  form: { name: 'Jenny Rosen', email: 'jenny@example.com' },
};
const payment = (method: string, more: Readonly<Record<string, string>> = {}): Step => ({
  as: 'payment',
  path: '/v1/payment_intents',
  form: {
    amount: '2000',
    currency: 'usd',
    payment_method: method,
    'payment_method_types[]': 'card',
    confirm: 'true',
    return_url: 'https://example.com/return',
    description: 'tollgate trigger',
    ...more,
  },
});
const unpaid: Step = {
  as: 'payment',
  path: '/v1/payment_intents',
  form: { amount: '2000', currency: 'usd' },
};
const setup = (more: Readonly<Record<string, string>> = {}): Step => ({
  as: 'setup',
  path: '/v1/setup_intents',
  form: { description: 'tollgate trigger', ...more },
});
const refund: Step = {
  as: 'refund',
  path: '/v1/refunds',
  form: { payment_intent: '{payment}' },
};
const refundUpdated: readonly Step[] = [
  payment('pm_card_visa'),
  refund,
  { path: '/v1/refunds/{refund}', form: { 'metadata[by]': 'tollgate trigger' } },
];
const sourced: readonly Step[] = [
  customer,
  { as: 'source', path: '/v1/customers/{customer}/sources', form: { source: 'tok_visa' } },
];
const attached: readonly Step[] = [
  customer,
  {
    as: 'method',
    path: '/v1/payment_methods/pm_card_visa/attach',
    form: { customer: '{customer}' },
  },
];
const disputed: readonly Step[] = [
  payment('pm_card_createDispute'),
  {
    as: 'dispute',
    method: 'GET',
    path: '/v1/disputes',
    form: { payment_intent: '{payment}' },
  },
];
const tea = {
  'line_items[0][quantity]': '1',
  'line_items[0][price_data][currency]': 'usd',
  'line_items[0][price_data][unit_amount]': '2000',
  'line_items[0][price_data][product_data][name]': 'Tea',
};
const session: Step = {
  as: 'session',
  path: '/v1/checkout/sessions',
  form: {
    mode: 'payment',
    success_url: 'https://example.com/success',
    customer_email: 'jenny@example.com',
    ...tea,
  },
};
const link: Step = { as: 'link', path: '/v1/payment_links', form: tea };

const recipes: Readonly<Record<string, readonly Step[]>> = {
  'customer.created': [customer],
  'customer.updated': [customer, { path: '/v1/customers/{customer}', form: { name: 'Jenny R.' } }],
  'customer.deleted': [customer, { method: 'DELETE', path: '/v1/customers/{customer}' }],
  'customer.source.created': sourced,
  'customer.source.updated': [
    ...sourced,
    { path: '/v1/customers/{customer}/sources/{source}', form: { name: 'Jenny R.' } },
  ],
  'customer.source.deleted': [
    ...sourced,
    { method: 'DELETE', path: '/v1/customers/{customer}/sources/{source}' },
  ],
  'payment_method.attached': attached,
  'payment_method.updated': [
    ...attached,
    { path: '/v1/payment_methods/{method}', form: { 'metadata[by]': 'tollgate trigger' } },
  ],
  'payment_method.detached': [...attached, { path: '/v1/payment_methods/{method}/detach' }],
  'payment_intent.created': [unpaid],
  'payment_intent.succeeded': [payment('pm_card_visa')],
  'payment_intent.payment_failed': [payment('pm_card_visa_chargeDeclined')],
  'payment_intent.requires_action': [payment('pm_card_threeDSecure2Required')],
  'payment_intent.amount_capturable_updated': [
    payment('pm_card_visa', { capture_method: 'manual' }),
  ],
  'payment_intent.canceled': [unpaid, { path: '/v1/payment_intents/{payment}/cancel' }],
  'charge.succeeded': [payment('pm_card_visa')],
  'charge.failed': [payment('pm_card_visa_chargeDeclined')],
  'charge.captured': [
    payment('pm_card_visa', { capture_method: 'manual' }),
    { path: '/v1/payment_intents/{payment}/capture' },
  ],
  'charge.refunded': [payment('pm_card_visa'), refund],
  'charge.updated': [
    {
      as: 'charge',
      path: '/v1/charges',
      form: { amount: '2000', currency: 'usd', source: 'tok_visa' },
    },
    { path: '/v1/charges/{charge}', form: { description: 'tollgate trigger' } },
  ],
  'charge.refund.updated': refundUpdated,
  'refund.created': [payment('pm_card_visa'), refund],
  'refund.updated': refundUpdated,
  'refund.failed': [payment('pm_card_refundFail'), refund],
  'charge.dispute.created': disputed,
  'charge.dispute.funds_withdrawn': disputed,
  'charge.dispute.updated': [
    ...disputed,
    {
      path: '/v1/disputes/{dispute}',
      form: { 'evidence[product_description]': 'Tea', submit: 'false' },
    },
  ],
  'charge.dispute.closed': [...disputed, { path: '/v1/disputes/{dispute}/close' }],
  'checkout.session.completed': [
    session,
    {
      path: '/v1/payment_pages/{session}/confirm',
      form: { payment_method: 'pm_card_visa', expected_amount: '2000' },
    },
  ],
  'checkout.session.expired': [session, { path: '/v1/checkout/sessions/{session}/expire' }],
  'payment_link.created': [link],
  'payment_link.updated': [link, { path: '/v1/payment_links/{link}', form: { active: 'false' } }],
  'radar.early_fraud_warning.created': [payment('pm_card_createIssuerFraudRecord')],
  'setup_intent.created': [setup()],
  'setup_intent.succeeded': [setup({ payment_method: 'pm_card_visa', confirm: 'true' })],
  'setup_intent.requires_action': [
    setup({
      payment_method: 'pm_card_threeDSecure2Required',
      confirm: 'true',
      return_url: 'https://example.com/return',
    }),
  ],
  'setup_intent.setup_failed': [
    setup({ payment_method: 'pm_card_visa_chargeDeclined', confirm: 'true' }),
  ],
  'setup_intent.canceled': [setup(), { path: '/v1/setup_intents/{setup}/cancel' }],
};

export const addTrigger = (program: Command): void => {
  withWhere(program.command('trigger <event>'))
    .description('make an event happen in test mode')
    .addHelpText('after', `\nEvents: ${Object.keys(recipes).join(', ')}`)
    .action(trigger);
};

const trigger = async (event: string, options: Where): Promise<void> => {
  const steps = recipes[event];
  if (steps === undefined) {
    throw new CliError(
      `There is no recipe for "${event}"; there are ${Object.keys(recipes).join(', ')}.`,
    );
  }
  const client = apiClient(options);
  const known: Record<string, string> = {};
  const filled = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
  for (const { as, method = 'POST', path, form = {} } of steps) {
    const asked = Object.fromEntries(
      Object.entries(form).map(([name, text]) => [name, filled(text)]),
    );
    const to = filled(path);
    const id =
      method === 'POST'
        ? await ask(client, to, asked, event)
        : method === 'GET'
          ? await firstOf(client, to, asked)
          : (await client.del<{ id: string }>(to)).id;
    if (as !== undefined && id !== undefined) known[as] = id;
    say(`${paint.dim(method)} ${to}${id === undefined ? '' : `  ${id}`}`);
  }
};

/** The bank tells of a dispute in a feed of its own, which is read every few seconds. */
const ROUNDS_MAX = 120;
const PAUSE_MS = 500;

const firstOf = async (
  client: ReturnType<typeof apiClient>,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<string> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const { data } = await client.get<{ data: { id: string }[] }>(path, query);
    if (data[0] !== undefined) return data[0].id;
    await setTimeout(PAUSE_MS);
  }
  throw new CliError(`Nothing came at ${path} within a minute; the event may come later.`);
};

/** A decline is what some events are made of. */
const ask = async (
  client: ReturnType<typeof apiClient>,
  path: string,
  form: Readonly<Record<string, string>>,
  event: string,
): Promise<string | undefined> => {
  try {
    return (await client.post<{ id: string }>(path, form)).id;
  } catch (error) {
    if (error instanceof CliError && event.endsWith('failed') && /declined/.test(error.message))
      return undefined;
    throw error;
  }
};
