// What causes each event, as requests to the API; and why some cannot be caused.

/**
 * `{name}` stands for the id that an earlier request of that name answered with, `{now}` and `{soon}` for times. `GET`
 * waits until a list has something, which is what it takes then.
 */
export type Request = {
  readonly as?: string;
  readonly method?: 'GET' | 'DELETE';
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
};

export type Step =
  | Request
  /** The payer answers at the page of the test bank that they were sent to last. */
  | { readonly atBank: 'later' | 'later_not' }
  /** It comes by itself: in a while, or once the clock of test mode has been moved so far. */
  | { readonly comes: 'soon' | { readonly days: number } };

/** How far the clock has to be moved; 0 where nothing waits for it. */
export const daysOf = (steps: readonly Step[]): number => {
  const last = steps.at(-1);
  return last !== undefined && 'comes' in last && last.comes !== 'soon' ? last.comes.days : 0;
};

const customer: Request = {
  as: 'customer',
  path: '/v1/customers',
  form: { name: 'Jenny Rosen', email: 'jenny@example.com' },
};
const payment = (method: string, more: Readonly<Record<string, string>> = {}): Request => ({
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
const unpaid: Request = {
  as: 'payment',
  path: '/v1/payment_intents',
  form: { amount: '2000', currency: 'usd' },
};
const setup = (more: Readonly<Record<string, string>> = {}): Request => ({
  as: 'setup',
  path: '/v1/setup_intents',
  form: { description: 'tollgate trigger', ...more },
});
const refund: Request = {
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
const session: Request = {
  as: 'session',
  path: '/v1/checkout/sessions',
  form: {
    mode: 'payment',
    success_url: 'https://example.com/success',
    customer_email: 'jenny@example.com',
    ...tea,
  },
};
const link: Request = { as: 'link', path: '/v1/payment_links', form: tea };

const byBank = {
  'payment_method_data[type]': 'ideal',
  return_url: 'https://example.com/return',
};
/** Their bank says that it will tell later, and does. */
const waiting: readonly Step[] = [
  {
    as: 'payment',
    path: '/v1/payment_intents',
    form: {
      amount: '2000',
      currency: 'eur',
      confirm: 'true',
      description: 'tollgate trigger',
      ...byBank,
    },
  },
  { atBank: 'later' },
  { comes: 'soon' },
];
const paidLater = (atBank: 'later' | 'later_not'): readonly Step[] => [
  {
    ...session,
    form: { ...session.form, 'line_items[0][price_data][currency]': 'eur' },
  },
  {
    path: '/v1/payment_pages/{session}/confirm',
    form: { expected_amount: '2000', 'payment_method_data[type]': 'ideal' },
  },
  { atBank },
  { comes: 'soon' },
];
const clock: Request = {
  as: 'clock',
  path: '/v1/test_helpers/test_clocks',
  form: { frozen_time: '{now}' },
};
const advanced: readonly Step[] = [
  clock,
  {
    path: '/v1/test_helpers/test_clocks/{clock}/advance',
    form: { frozen_time: '{soon}' },
  },
  { comes: 'soon' },
];

export const recipes: Readonly<Record<string, readonly Step[]>> = {
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
  'mandate.updated': [
    ...attached,
    setup({
      customer: '{customer}',
      payment_method: '{method}',
      confirm: 'true',
      'mandate_data[customer_acceptance][type]': 'offline',
    }),
    { path: '/v1/payment_methods/{method}/detach' },
  ],
  'payment_method.detached': [...attached, { path: '/v1/payment_methods/{method}/detach' }],
  'payment_intent.created': [unpaid],
  'payment_intent.succeeded': [payment('pm_card_visa')],
  'payment_intent.payment_failed': [payment('pm_card_visa_chargeDeclined')],
  'payment_intent.requires_action': [payment('pm_card_threeDSecure2Required')],
  'payment_intent.processing': waiting,
  'payment_intent.amount_capturable_updated': [
    payment('pm_card_visa', { capture_method: 'manual' }),
  ],
  'payment_intent.canceled': [unpaid, { path: '/v1/payment_intents/{payment}/cancel' }],
  'charge.succeeded': [payment('pm_card_visa')],
  'charge.failed': [payment('pm_card_visa_chargeDeclined')],
  'charge.pending': waiting,
  'charge.expired': [payment('pm_card_visa', { capture_method: 'manual' }), { comes: { days: 8 } }],
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
  'charge.dispute.funds_reinstated': [
    ...disputed,
    {
      path: '/v1/disputes/{dispute}',
      form: { 'evidence[uncategorized_text]': 'winning_evidence' },
    },
    { comes: { days: 2 } },
  ],
  'charge.dispute.closed': [...disputed, { path: '/v1/disputes/{dispute}/close' }],
  'checkout.session.completed': [
    session,
    {
      path: '/v1/payment_pages/{session}/confirm',
      form: { payment_method: 'pm_card_visa', expected_amount: '2000' },
    },
  ],
  'checkout.session.async_payment_succeeded': paidLater('later'),
  'checkout.session.async_payment_failed': paidLater('later_not'),
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
  'test_helpers.test_clock.created': [clock],
  'test_helpers.test_clock.advancing': advanced,
  'test_helpers.test_clock.ready': advanced,
  'test_helpers.test_clock.deleted': [
    clock,
    { method: 'DELETE', path: '/v1/test_helpers/test_clocks/{clock}' },
  ],
  'balance.available': [payment('pm_card_visa'), { comes: { days: 8 } }],
};

export const impossible: Readonly<Record<string, string>> = {
  'payment_method.automatically_updated':
    'networks renew cards, and no provider of this installation tells of that',
  'test_helpers.test_clock.internal_failure':
    'a test clock that cannot be advanced is a fault of the gateway, which nothing asks for',
};
