// How the holder of a card was asked about a payment, step by step, and what it came to. No value of a proof.

import { namedAmount } from '#books/currencies';
import { uuidMs } from '#kit/ids';
import type { TraceEntry, TraceSource } from '#platform/events';
import type { AuthenticationState } from './authentication-states.ts';
import { loadAuthenticationsOf } from './authentications.store.ts';
import type { CardAuthentication, Preference } from './card-authentication.ts';

export const traceAuthentications =
  (): TraceSource =>
  async (context, scope, { intentId }) =>
    (await loadAuthenticationsOf(context, scope, intentId)).flatMap((it) => [
      begun(it),
      ...(it.learned.steps ?? []).map(({ state, atMs }) => step(it, state, atMs)),
      ...(it.usedFor === null ? [] : [used(it, uuidMs(it.usedFor))]),
    ]);

const wishes: Readonly<Record<Preference, string>> = {
  any: 'whatever the bank prefers',
  challenge: 'the holder is wished to be asked',
  mandated: 'the holder has to be asked',
  low_value: 'the amount is small enough to let it be',
  transaction_risk_analysis: 'the risk is low enough to let it be',
};

const begun = (it: CardAuthentication): TraceEntry => ({
  atMs: uuidMs(it.id),
  what: 'three_ds',
  says: `The card's holder is asked about ${namedAmount(it.amount, it.currency)}: ${wishes[it.asked.preference]}. First the payer's browser has to come.`,
  details: {
    three_ds_server_transaction_id: it.id,
    preference: it.asked.preference,
    amount: Number(it.amount),
    currency: it.currency,
  },
});

const ends: Readonly<Record<string, string>> = {
  Y: 'The bank says that it was the holder.',
  A: 'The bank could not ask, and answers for the payment.',
  I: 'The bank lets it be without asking, and does not answer for the payment.',
};

const says: Readonly<Record<Exclude<AuthenticationState, 'completed'>, string>> = {
  created: 'The holder is to be asked.',
  asking: "The payer's browser has come, and the card's bank is asked.",
  challenge: 'The bank wants its holder to prove it, and the browser goes there.',
  failed: 'The bank says no: the payment is not sent with this card.',
  impossible: 'Nobody could say who pays: the payment goes on without a proof.',
  abandoned: 'The payer gave up.',
  expired: 'The payer did not come in time.',
};

const step = (it: CardAuthentication, state: AuthenticationState, atMs: number): TraceEntry => {
  const { learned } = it;
  const isEnd = state === it.state;
  return {
    atMs,
    what: `three_ds.${state}`,
    says: state === 'completed' ? (ends[learned.transStatus ?? ''] ?? '') : says[state],
    details: {
      three_ds_server_transaction_id: it.id,
      why: isEnd ? learned.why : null,
      flow: learned.flow,
      status: isEnd ? learned.transStatus : null,
      eci: isEnd ? learned.eci : null,
      directory_server_transaction_id: learned.directoryTransactionId,
    },
  };
};

const used = (it: CardAuthentication, atMs: number): TraceEntry => ({
  atMs,
  what: 'three_ds.used',
  says: 'What the bank said goes with the payment, this once.',
  details: { three_ds_server_transaction_id: it.id, eci: it.learned.eci },
});
