// tollgate trigger EVENT: makes an event happen in test mode, by asking the API for what causes it.

import type { Command } from 'commander';
import { apiClient, type Where, withWhere } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../with-runtime.ts';

/** One request; `{name}` stands for the id that an earlier step of that name answered with. */
type Step = {
  readonly as?: string;
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
const refund: Step = { path: '/v1/refunds', form: { payment_intent: '{payment}' } };

const recipes: Readonly<Record<string, readonly Step[]>> = {
  'customer.created': [customer],
  'customer.updated': [customer, { path: '/v1/customers/{customer}', form: { name: 'Jenny R.' } }],
  'payment_method.attached': [
    customer,
    { path: '/v1/payment_methods/pm_card_visa/attach', form: { customer: '{customer}' } },
  ],
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
  'refund.created': [payment('pm_card_visa'), refund],
  'charge.dispute.created': [payment('pm_card_createDispute')],
  'charge.dispute.funds_withdrawn': [payment('pm_card_createDispute')],
  'radar.early_fraud_warning.created': [payment('pm_card_createIssuerFraudRecord')],
  'setup_intent.created': [setup()],
  'setup_intent.succeeded': [setup({ payment_method: 'pm_card_visa', confirm: 'true' })],
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
  for (const { as, path, form = {} } of steps) {
    const asked = Object.fromEntries(
      Object.entries(form).map(([name, text]) => [name, filled(text)]),
    );
    const id = await ask(client, filled(path), asked, event);
    if (as !== undefined && id !== undefined) known[as] = id;
    say(`${paint.dim('POST')} ${filled(path)}${id === undefined ? '' : `  ${id}`}`);
  }
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
