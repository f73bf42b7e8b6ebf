// What can be asked of it: to pay, with a card or by sending the payer to a bank; to take, to let go, to give
// back. Test cards are Stripe's documented ones.

import {
  type Answer,
  type Intent,
  type Objects,
  type Refund,
  refundedOf,
  renderIntent,
  renderRefund,
} from './objects.ts';
import type { Setting } from './setting.ts';

export type Form = Readonly<Record<string, string>>;

export const refusal = (status: number, type: string, code: string): Answer => ({
  status,
  body: { error: { type, code, message: 'Refused.' } },
});
export const invalid = (code: string): Answer => refusal(400, 'invalid_request_error', code);

const declines: Readonly<Record<string, string>> = {
  '4000000000000002': 'generic_decline',
  '4000000000009995': 'insufficient_funds',
  '4000000000009987': 'lost_card',
  '4000000000009979': 'stolen_card',
  '4000000000000069': 'expired_card',
  '4000000000000127': 'incorrect_cvc',
  '4000000000000119': 'processing_error',
};
const asks3ds = new Set(['4000002500003155', '4000000000003220']);

/** Which currencies each takes that sends its payer away. */
const redirects: Readonly<Record<string, readonly string[]>> = {
  ideal: ['eur'],
  bancontact: ['eur'],
  eps: ['eur'],
  p24: ['eur', 'pln'],
};

/** As long as a payer may stay away. */
export const EXPIRY_MS = 15 * 60_000;

export type Payments = ReturnType<typeof openPayments>;

export const openPayments = (setting: Setting, objects: Objects) => {
  const { intents, refunds, keep } = objects;
  const named = (prefix: string): string => `${prefix}_${setting.draw(16)}`;

  const charge = (intent: Intent): void => {
    intent.bookings += 1;
    intent.latest_charge = named('ch');
    intent.next_action = null;
    intent.due_ms = null;
    intent.comes = null;
    intent.status = intent.capture_method === 'manual' ? 'requires_capture' : 'succeeded';
    if (intent.status === 'succeeded') intent.amount_received = intent.amount;
    keep('intents', intent);
  };

  const create = (form: Form): Answer => {
    const method = form['payment_method_types[]'] ?? 'card';
    const number = form['payment_method_data[card][number]'] ?? '';
    const token = form['payment_method'] ?? '';
    if (method === 'card' && number === '' && token === '') return invalid('parameter_missing');
    if (!/^[1-9]\d*$/.test(form['amount'] ?? '') || !/^[a-z]{3}$/.test(form['currency'] ?? '')) {
      return invalid('parameter_invalid_integer');
    }
    if (form['confirm'] !== 'true') return invalid('parameter_missing');
    const wrong = method === 'card' ? null : wrongAway(method, form);
    if (wrong !== null) return wrong;
    const language = form[`payment_method_options[${method}][preferred_language]`];
    const intent: Intent = {
      id: named('pi'),
      amount: Number(form['amount']),
      currency: form['currency'] ?? '',
      capture_method: form['capture_method'] ?? 'automatic',
      status: 'requires_payment_method',
      amount_received: 0,
      metadata: metadataOf(form),
      latest_charge: null,
      last_payment_error: null,
      next_action: null,
      method,
      bank: form[`payment_method_data[${method}][bank]`] ?? null,
      ...(language === undefined ? {} : { language }),
      return_url: form['return_url'] ?? null,
      description: form['description'] ?? null,
      due_ms: null,
      comes: null,
      bookings: 0,
    };
    keep('intents', intent);
    return method === 'card' ? payByCard(intent, number, token) : sendAway(intent);
  };

  const payByCard = (intent: Intent, number: string, token: string): Answer => {
    const decline = token === 'pm_card_visa_chargeDeclined' ? 'generic_decline' : declines[number];
    if (decline !== undefined) {
      const error = { type: 'card_error', code: 'card_declined', decline_code: decline };
      intent.last_payment_error = error;
      keep('intents', intent);
      return { status: 402, body: { error: { ...error, payment_intent: renderIntent(intent) } } };
    }
    if (asks3ds.has(number)) {
      intent.status = 'requires_action';
      const url = `https://hooks.example.test/3ds/${intent.id}`;
      intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url } };
      keep('intents', intent);
    } else charge(intent);
    return { status: 200, body: renderIntent(intent) };
  };

  const sendAway = (intent: Intent): Answer => {
    intent.status = 'requires_action';
    intent.due_ms = setting.nowMs() + EXPIRY_MS;
    intent.comes = 'expires';
    intent.next_action = {
      type: 'redirect_to_url',
      redirect_to_url: {
        url: `${setting.origin()}/bank/${intent.id}`,
        return_url: intent.return_url,
      },
    };
    keep('intents', intent);
    return { status: 200, body: renderIntent(intent) };
  };

  /** Its payer, or its bank, did not want it: another method may be tried there. */
  const fail = (intent: Intent, code: string): void => {
    intent.status = 'requires_payment_method';
    intent.next_action = null;
    intent.due_ms = null;
    intent.comes = null;
    intent.last_payment_error = { type: 'invalid_request_error', code };
    keep('intents', intent);
  };

  const capture = (intent: Intent, form: Form): Answer => {
    const amount = Number(form['amount_to_capture'] ?? intent.amount);
    if (intent.status !== 'requires_capture') return invalid('payment_intent_unexpected_state');
    if (amount > intent.amount) return invalid('amount_too_large');
    intent.status = 'succeeded';
    intent.amount_received = amount;
    keep('intents', intent);
    return { status: 200, body: renderIntent(intent) };
  };

  const cancel = (intent: Intent): Answer => {
    if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
      return invalid('payment_intent_unexpected_state');
    }
    intent.status = 'canceled';
    intent.next_action = null;
    intent.due_ms = null;
    intent.comes = null;
    keep('intents', intent);
    return { status: 200, body: renderIntent(intent) };
  };

  const refund = (form: Form): Answer => {
    const intent = intents.get(form['payment_intent'] ?? '');
    if (intent === undefined) return invalid('resource_missing');
    const amount = Number(form['amount'] ?? intent.amount_received);
    if (refundedOf(refunds, intent) + amount > intent.amount_received) {
      return invalid('charge_already_refunded');
    }
    const made: Refund = {
      id: named('re'),
      payment_intent: intent.id,
      amount,
      currency: intent.currency,
      status: 'succeeded',
      metadata: metadataOf(form),
    };
    keep('refunds', made);
    return { status: 200, body: renderRefund(made) };
  };

  return { create, capture, cancel, refund, charge, fail, keep };
};

const wrongAway = (method: string, form: Form): Answer | null => {
  const currencies = redirects[method];
  if (currencies === undefined || form['payment_method_data[type]'] !== method) {
    return invalid('parameter_unknown');
  }
  if (!currencies.includes(form['currency'] ?? '')) return invalid('payment_method_unsupported');
  if (form['capture_method'] === 'manual') return invalid('parameter_invalid');
  if (form['return_url'] === undefined) return invalid('parameter_missing');
  const needs = { ideal: null, bancontact: 'name', eps: 'name', p24: 'email' }[method] ?? null;
  const isTold = needs === null || form[`payment_method_data[billing_details][${needs}]`];
  return isTold ? null : invalid('parameter_missing');
};

const metadataOf = (form: Form): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => {
      const [, key] = /^metadata\[(\w+)\]$/.exec(name) ?? [];
      return key === undefined ? [] : [[key, value]];
    }),
  );
