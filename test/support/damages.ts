// What an owner's hand may do to the books of test/damaged-books.test.ts, and which question finds it.

/** As if all that was owed to an endpoint of two days ago had been removed. */
const elsewhere = (events: string): string =>
  `insert into outward.webhook_endpoints
     (account_id, livemode, id, version, state, url, enabled_events, secrets, details)
   select account_id, livemode, platform.uuid_at((now() - interval '2 days')::date), 1, 1, url, ${events}, secrets, details
     from outward.webhook_endpoints`;

export type Damage = readonly [what: string, sql: string, found: RegExp];

const doubled = 'amounts = array(select 2 * a from unnest(amounts) a)';

/** Ids as SQL spells them, but for those of the refund and the dispute. */
export type Damaged = Readonly<
  Record<
    | 'charge'
    | 'intent'
    | 'heldCharge'
    | 'heldIntent'
    | 'refused'
    | 'ordered'
    | 'refund'
    | 'dispute',
    string
  >
>;

export const damagesOf = (ids: Damaged): readonly Damage[] => [
  ...ledgerOf(ids),
  ...paymentsOf(ids),
  ...railsOf(ids),
  ...toldOf(ids),
];

const ledgerOf = ({ charge, refund, dispute }: Damaged): readonly Damage[] => [
  [
    'a capture twice as large',
    `update books.entries set ${doubled} where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a capture that is gone',
    `delete from books.entries where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a capture in another currency',
    `update books.entries set currency = 'usd' where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a refund twice as large',
    `update books.entries set ${doubled} where subject = '${refund}'`,
    /^what refunds have given back/,
  ],
  [
    'a refund that is gone',
    `delete from books.entries where subject = '${refund}'`,
    /^what refunds have given back/,
  ],
  [
    'a withdrawal that is gone',
    `delete from books.entries where subject = '${dispute}'`,
    /^what disputes hold/,
  ],
  [
    'a day on which money becomes available',
    `update books.entries set available_at = available_at + interval '9 days' where subject = ${charge}`,
    /^what is pending is released when/,
  ],
  [
    'a balance',
    'update books.latest_snapshots set balances[1] = balances[1] + 1',
    /^the snapshots hold/,
  ],
  [
    'a snapshot',
    'update books.snapshots set balances[1] = balances[1] + 1',
    /^the newest snapshot of each/,
  ],
  [
    'a snapshot that others have followed',
    `update books.snapshots s set balances[1] = balances[1] + 1
      where exists (select from books.latest_snapshots newest
                     where newest.account_id = s.account_id and newest.livemode = s.livemode
                       and newest.currency = s.currency and newest.position > s.position)`,
    /^every snapshot holds/,
  ],
  [
    'what a snapshot knows to be pending',
    'update books.snapshots set pending_amounts[1] = pending_amounts[1] + 1 where pending_amounts[1] is not null',
    /^every snapshot knows what was pending/,
  ],
  [
    'what a snapshot knows of no more',
    `update books.latest_snapshots set pending_until = '{}', pending_amounts = '{}' where pending_amounts[1] is not null`,
    /^the newest snapshots know/,
  ],
  [
    'what matures',
    'update books.maturing set amount = amount + 1',
    /^what is pending is what will be released/,
  ],
  [
    'the rules of a fee, withdrawn',
    `insert into books.fee_withdrawals select account_id, livemode, 0, now() from books.entries
      where details->>'feeRules' = '0' limit 1`,
    /^no fee was reckoned by rules that were withdrawn/,
  ],
  [
    'what a provider is expected to settle',
    'update books.expectations set gross = gross + 1',
    /is expected to settle$/,
  ],
  [
    'the day on which it is expected',
    `update books.expectations set value_date = value_date + 1 where kind = 1`,
    /^what is expected is expected for the day/,
  ],
  [
    'the day on which a refund is expected, by a month',
    `update books.expectations set value_date = value_date + 30 where kind = 2`,
    /^what is expected is expected for the day/,
  ],
  [
    'since when it is expected',
    `update books.expectations set expected_at = expected_at - interval '1 day' where kind = 2`,
    /^what is expected is expected for the day/,
  ],
  [
    'what it is expected under',
    `update books.expectations set reference = 'op_' || reference where kind = 1`,
    /^what is expected is expected for the day/,
  ],
];

const paymentsOf = ({
  charge,
  intent,
  heldCharge,
  heldIntent,
  refused,
  ordered,
  refund,
}: Damaged): readonly Damage[] => [
  [
    'the amount of a charge',
    `update payments.charges set amount = amount + 1 where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'what a charge captured',
    `update payments.charges set captured = captured - 1 where id = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'what a charge reserved',
    `update payments.charges set capturing = 1 where id = ${heldCharge}`,
    /^what is reserved for a capture/,
  ],
  [
    'the currency of a charge',
    `update payments.charges set currency = 'usd' where id = ${charge}`,
    /^every charge is of an intent/,
  ],
  [
    'the operation of a charge',
    `update payments.charges set operation_id = (select operation_id from payments.charges where id = ${heldCharge}) where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'the provider of a charge',
    `update payments.charges set connector_account_id = id where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'a charge that is gone',
    `delete from payments.charges where id = ${heldCharge}`,
    /^what was paid, or is held/,
  ],
  [
    'the amount of an intent',
    `update payments.intents set amount = amount + 1 where id = ${intent}`,
    /^what was paid, or is held/,
  ],
  [
    'the currency of an intent',
    `update payments.intents set currency = 'usd' where id = ${intent}`,
    /^every charge is of an intent/,
  ],
  [
    'what an intent received',
    `update payments.intents set received = received - 1 where id = ${intent}`,
    /^an intent has received/,
  ],
  [
    'what can be captured',
    `update payments.intents set capturable = capturable - 1 where id = ${heldIntent}`,
    /^what can be captured/,
  ],
  [
    'a payment that holds what its bank has let go of',
    `update payments.charges set details = (details::jsonb || '{"isCaptureOver": true}')::json where id = ${heldCharge}`,
    /^what can be captured/,
  ],
  [
    'a payment that lets go of what it holds, while nobody is at it',
    `update payments.intents set status = 4, due_at = null, details = (details::jsonb || '{"doing": "void"}')::json where id = ${heldIntent}`,
    /^a payment that is under way/,
  ],
  [
    'a payment called canceled',
    `update payments.intents set status = 7, capturable = 0 where id = ${heldIntent}`,
    /^nothing is held/,
  ],
  [
    'a payment called paid',
    `update payments.intents set status = 6, received = amount where id = ${refused}`,
    /^what was paid was told/,
  ],
  [
    'a payment that is gone',
    `delete from payments.intents where id = ${intent}`,
    /^every charge is of an intent/,
  ],
  ['a customer that is gone', 'delete from cards.customers', /^whose money it is/],
  ['a merchant that is gone', 'delete from identity.accounts', /^whose money it is/],
  [
    'an order that is forgotten',
    `update payments.intents set order_reference = null where id = ${ordered}`,
    /^an order that is registered by a payment/,
  ],
  [
    'an order that is another',
    `update payments.orders set owner_id = ${intent}`,
    /^every payment of an order/,
  ],
  [
    'an order called that of a session',
    'update payments.orders set kind = 2',
    /^an order that is registered by a session/,
  ],
  [
    'the amount of a refund',
    `update payments.refunds set amount = amount + 1`,
    /^every refund has its operation/,
  ],
  [
    'a refund called failed',
    'update payments.refunds set status = 4',
    /^every refund has its operation/,
  ],
  [
    'a refund of what was only held, called failed',
    `update payments.refunds set status = 4 where details->>'byVoid' is not null`,
    /^every refund has its operation/,
  ],
  [
    'a refund of what was only held, called one that moved money',
    `update payments.refunds set details = (details::jsonb - 'byVoid')::json where details->>'byVoid' is not null`,
    /^what refunds have given back/,
  ],
  [
    'a refund that moved money, called one of what was only held',
    `update payments.refunds set details = (details::jsonb || '{"byVoid": 1}')::json where id = '${refund}'`,
    /^what refunds have given back/,
  ],
  [
    'a refund of another charge',
    `update payments.refunds set charge_id = ${charge}`,
    /^a refund is of a charge/,
  ],
  [
    'the amount of a dispute',
    'update payments.disputes set amount = amount + 1',
    /^while a dispute is undecided/,
  ],
  [
    'the currency of a dispute',
    `update payments.disputes set currency = 'usd'`,
    /^what disputes hold/,
  ],
  ['a dispute that is gone', 'delete from payments.disputes', /^what disputes hold/],
  [
    'a dispute of another charge',
    `update payments.disputes set charge_id = ${charge}`,
    /^a dispute is of a charge/,
  ],
  [
    'the amount of a session',
    'update commerce.checkout_sessions set amount = amount + 1',
    /^a complete session/,
  ],
  [
    'the currency of a session',
    `update commerce.checkout_sessions set currency = 'usd'`,
    /^a complete session/,
  ],
];

const railsOf = ({ charge, refused }: Damaged): readonly Damage[] => {
  const operation = operationOf(charge);
  return [
    [
      'an operation called declined',
      `update rails.operations set state = 4 where id = ${operation}`,
      /^every end of an operation/,
    ],
    [
      'the amount of an operation',
      `update rails.operations set amount = amount + 1 where id = ${operation}`,
      /^what is called approved/,
    ],
    [
      'the currency of an operation',
      `update rails.operations set currency = 'usd' where id = ${operation}`,
      /^what is called approved/,
    ],
    [
      'the payment of an operation',
      `update rails.operations set intent_id = ${refused}, attempt = 9 where id = ${operation}`,
      /^every charge that succeeded/,
    ],
    [
      'an operation that is gone',
      `delete from rails.operations where id = ${operation}`,
      /^every charge that succeeded/,
    ],
    [
      'what a provider said',
      `update rails.evidence set says = (says::jsonb || '{"amount": "1"}')::json where operation_id = ${operation}`,
      /^what is called approved/,
    ],
    [
      'an account at a provider that is gone',
      'delete from rails.connector_accounts',
      /^what was sent to a provider/,
    ],
    [
      'what goes to clearing',
      'update rails.clearing_entries set amount = amount + 1',
      /^what goes to clearing/,
    ],
  ];
};

const toldOf = ({ intent, heldIntent, refund, dispute }: Damaged): readonly Damage[] => [
  [
    'an event of a refund that is gone',
    `delete from platform.events where object_id = '${refund}'`,
    /^the last event of a refund/,
  ],
  [
    'how often a customer was told of',
    'update cards.customers set version = version + 1',
    /^the last event of a customer/,
  ],
  [
    'how often a payment method was told of',
    `update cards.payment_methods set details = (details::jsonb || '{"events": 9}')::json`,
    /^the last event of a payment method/,
  ],
  [
    'an event of a dispute that is gone',
    `delete from platform.events where object_id = '${dispute}'`,
    /^the last event of a dispute/,
  ],
  [
    'a charge that succeeded, told as one that failed',
    `update platform.events set kinds = array_replace(kinds, 221::smallint, 222::smallint) where object_id = ${heldIntent} and 221 = any (kinds)`,
    /^what became of a payment was told/,
  ],
  [
    'a payment that was made, told as one that was canceled',
    `update platform.events set kinds = array_replace(kinds, 201::smallint, 207::smallint) where object_id = ${heldIntent} and 201 = any (kinds)`,
    /^what became of a payment was told/,
  ],
  [
    'a refund that was made, told as one that failed',
    `update platform.events set kinds = array_replace(kinds, 241::smallint, 243::smallint) where object_id = '${refund}' and 241 = any (kinds)`,
    /^what became of a refund was told/,
  ],
  [
    'a refund that was made, told as one that failed as well',
    `update platform.events set kinds = kinds || 243::smallint where object_id = '${refund}' and 241 = any (kinds)`,
    /^what became of a refund was told/,
  ],
  [
    'a dispute that was opened, told as one that was closed',
    `update platform.events set kinds = array_replace(kinds, 261::smallint, 263::smallint) where object_id = '${dispute}' and 261 = any (kinds)`,
    /^what became of a dispute was told/,
  ],
  [
    'the last place in the feed',
    `delete from outward.feed where position = (select max(position) from outward.feed)`,
    /^what happened stands in the feed/,
  ],
  ['the whole feed', 'delete from outward.feed', /^what happened stands in the feed/],
  [
    'the number in the feed of an event of its object',
    'update outward.feed set sequence = sequence + 1 where position = 2',
    /^the feed tells of events/,
  ],
  [
    'the number that an endpoint is told of an event of its object',
    `update outward.deliveries set sequence = sequence + 1 where object_id = ${heldIntent}`,
    /^a delivery is of an event/,
  ],
  [
    'an endpoint that wanted to hear of everything, and heard nothing',
    elsewhere('null'),
    /^an endpoint that was never changed was told/,
  ],
  [
    'an endpoint that wanted to hear of payments, and heard nothing',
    elsewhere(`'{payment_intent.succeeded}'`),
    /^an endpoint that was never changed was told/,
  ],
  [
    'an event that is gone',
    `delete from platform.events where object_id = ${intent} and sequence > 1`,
    /^the last event of an intent/,
  ],
  [
    'an event over another amount',
    `update platform.events set snapshot = replace(snapshot::text, '5000', '5001')::json where object_id = ${intent}`,
    /^what was paid was told/,
  ],
  [
    'a delivery of another event',
    `update outward.deliveries set event_id = ${intent}`,
    /^a delivery is of an event/,
  ],
  ['a place in the feed that is gone', 'delete from outward.feed where position = 2', /feed/],
  [
    'a place in the feed of no event',
    `update outward.feed set event_id = ${intent} where position = 2`,
    /^the feed tells of events/,
  ],
];

const operationOf = (charge: string): string =>
  `(select operation_id from payments.charges where id = ${charge})`;
