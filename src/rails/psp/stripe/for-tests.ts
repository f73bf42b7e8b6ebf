// What this folder gives to the common suite: its simulator, told what to do and asked what happened.

import type {
  OtherSide,
  OtherSideStarter,
  SentWebhook,
  SuiteCard,
  WebhookChanges,
} from '../../connectors/for-tests-suite.ts';
import {
  apiKey,
  type Intent,
  otherWebhookSecret,
  refundedOf,
  type Simulator,
  signatureOf,
  startSimulator,
  webhookSecret,
} from './for-tests-simulator.ts';
import { LATER_MS } from './simulator/bank.ts';
import { EXPIRY_MS } from './simulator/payments.ts';

const card = (number: string): SuiteCard => ({ number, expMonth: 12, expYear: 2040, cvc: '123' });

export const otherSide: OtherSideStarter = {
  start: async (): Promise<OtherSide> => {
    let aheadMs = 0;
    const simulator = await startSimulator({ nowMs: () => Date.now() + aheadMs });
    const stayAway = (): void => {
      aheadMs += EXPIRY_MS + LATER_MS;
      simulator.settleDue();
    };
    return {
      settings: { secret_key: apiKey, webhook_secret: webhookSecret, api_base: simulator.url },
      currency: 'eur',
      cards: {
        approved: card('4242424242424242'),
        declined: [
          { card: card('4000000000000002'), code: 'generic_decline' },
          { card: card('4000000000009995'), code: 'insufficient_funds' },
          { card: card('4000000000009987'), code: 'lost_card' },
          { card: card('4000000000009979'), code: 'stolen_card' },
          { card: card('4000000000000069'), code: 'expired_card' },
          { card: card('4000000000000127'), code: 'incorrect_cvc' },
          { card: card('4000000000000119'), code: 'processing_error' },
        ],
        actionRequired: card('4000002500003155'),
      },
      faults: [
        'lost_before',
        'lost_after',
        'cut',
        'reset',
        'slow',
        'error_after',
        'wrong_amount',
        'wrong_currency',
        'wrong_reference',
        'unknown_word',
      ],
      play: simulator.play,
      happened: (reference) => happened(simulator, reference),
      act: async (reference, how) => act(simulator, intentOf(simulator, reference), how),
      away: {
        method: { type: 'ideal', data: {} },
        act: (reference, how) => {
          if (how === 'stay_away') return stayAway();
          void simulator.atBank(intentOf(simulator, reference).id, atBank[how]);
          if (how === 'wait_then_agree' || how === 'wait_then_refuse') stayAway();
        },
      },
      webhooks: {
        genuine: async (reference, changes = {}) => genuine(simulator, reference, changes),
        forged: async (reference) => forged(simulator, reference),
      },
      settle: async () => simulator.settle(),
      refusals: simulator.refusals,
      close: simulator.close,
    };
  },
};

const atBank = {
  agree: 'approve',
  refuse: 'decline',
  wait_then_agree: 'later',
  wait_then_refuse: 'later_not',
} as const;

const findIntent = ({ intents }: Simulator, reference: string): Intent | undefined =>
  [...intents.values()].find(({ metadata }) => metadata['tollgate_reference'] === reference);

const intentOf = (simulator: Simulator, reference: string): Intent => {
  const intent = findIntent(simulator, reference);
  if (intent === undefined) throw new Error(`The simulator has nothing under ${reference}`);
  return intent;
};

const happened = (simulator: Simulator, reference: string) => {
  const all = [...simulator.intents.values()].filter(
    ({ metadata }) => metadata['tollgate_reference'] === reference,
  );
  const sum = (of: (intent: Intent) => number): bigint =>
    BigInt(all.reduce((total, intent) => total + of(intent), 0));
  return {
    bookings: all.reduce((total, { bookings }) => total + bookings, 0),
    held: sum((intent) => (intent.status === 'requires_capture' ? intent.amount : 0)),
    captured: sum((intent) => intent.amount_received),
    refunded: sum((intent) => refundedOf(simulator.refunds, intent)),
  };
};

const act = (simulator: Simulator, intent: Intent, how: 'agree' | 'refuse'): void => {
  if (how === 'agree') simulator.charge(intent);
  else simulator.fail(intent, 'payment_intent_authentication_failure');
};

const genuine = (simulator: Simulator, reference: string, changes: WebhookChanges) => {
  const intent = intentOf(simulator, reference);
  const object = {
    ...simulator.render(intent, false),
    ...(changes.amount === undefined
      ? {}
      : { amount: Number(changes.amount), amount_received: Number(changes.amount) }),
    ...(changes.currency === undefined ? {} : { currency: changes.currency }),
    ...(changes.reference === undefined
      ? {}
      : { metadata: { tollgate_reference: changes.reference } }),
  };
  // Odd spacing, as a real body may have: what is signed is the bytes.
  const body = JSON.stringify(
    { id: `evt_${intent.id}_${intent.status}`, type: 'payment_intent.succeeded', data: { object } },
    null,
    3,
  );
  return sealed(body, simulator.sign(body));
};

const sealed = (body: string, signature: string | null): SentWebhook => ({
  body: Buffer.from(body),
  headers: signature === null ? {} : { 'stripe-signature': signature },
});

const forged = (simulator: Simulator, reference: string) => {
  const body = genuine(simulator, reference, {}).body.toString();
  const good = simulator.sign(body);
  const [time = '', signature = ''] = good.split(',');
  const longAgo = Date.now() - 301_000;
  return [
    { what: 'no signature', webhook: sealed(body, null) },
    { what: 'an empty signature', webhook: sealed(body, '') },
    { what: 'another body', webhook: sealed(`${body} `, good) },
    { what: 'no body', webhook: sealed('', good) },
    {
      what: 'the secret of somebody else',
      webhook: sealed(body, signatureOf(otherWebhookSecret, body, Date.now())),
    },
    { what: 'an older scheme', webhook: sealed(body, good.replace('v1=', 'v0=')) },
    { what: 'half a signature', webhook: sealed(body, good.slice(0, -10)) },
    { what: 'another time', webhook: sealed(body, `t=${Number(time.slice(2)) - 1},${signature}`) },
    {
      what: 'a time too long ago',
      webhook: sealed(body, signatureOf(webhookSecret, body, longAgo)),
    },
  ];
};
