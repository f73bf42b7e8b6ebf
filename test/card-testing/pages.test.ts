// What a payer's page may learn, how often it may try, and what it has to prove; and that servers are not
// concerned.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseId } from '#kit/ids';
import { loadTriesOf, setRules } from '#payments/risk';
import { asOwner } from '../../src/for-tests.ts';
import { openShop } from '../support/payments.ts';
import { prove } from '../support/prove.ts';

const STOLEN = '4000000000009979';
const NO_FUNDS = '4000000000009995';
const VISA = '4242424242424242';
const cardForm = (number: string, name = 'payment_method_data[card]') =>
  `${name}[number]=${number}&${name}[exp_month]=12&${name}[exp_year]=2034&${name}[cvc]=123`;
const never = { slow: null, proof: null, three_ds: null, block: null };

describe('a card on a payer’s page', async () => {
  const { gateway, merchant, stripe } = await openShop();
  const { ask } = gateway;
  const newIntent = () => stripe.paymentIntents.create({ amount: 900, currency: 'eur' });
  const confirm = async (
    { id, client_secret: secret }: { readonly id: string; readonly client_secret: string | null },
    number: string,
  ) =>
    ask('POST', `/v1/payment_intents/${id}/confirm`, {
      key: merchant.publishableKey,
      form: `client_secret=${secret}&payment_method_data[type]=card&${cardForm(number)}`,
    });

  test('that was stolen is declined without a reason, and the merchant reads the reason', async () => {
    const intent = await newIntent();
    const { status, body } = await confirm(intent, STOLEN);
    assert.equal(status, 402);
    assert.equal(body.error.decline_code, 'generic_decline');
    assert.equal(body.error.payment_intent.last_payment_error.decline_code, 'generic_decline');
    assert.doesNotMatch(JSON.stringify(body), /stolen/);
    const known = await stripe.paymentIntents.retrieve(intent.id);
    assert.equal(known.last_payment_error?.decline_code, 'stolen_card');
  });

  test('is tried five times for one payment, and then by a server alone', async () => {
    const intent = await newIntent();
    for (let tries = 1; tries <= 5; tries += 1) {
      const { body } = await confirm(intent, NO_FUNDS);
      assert.equal(body.error.decline_code, 'insufficient_funds');
    }
    const { status, body } = await confirm(intent, VISA);
    assert.deepEqual([status, body.error.code], [400, 'payment_intent_tried_too_often']);
    const { payment_intent: shown } = body.error;
    assert.deepEqual([shown.id, shown.status], [intent.id, 'requires_payment_method']);
    assert.equal('metadata' in shown, false, 'as much as its page may see');
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
    const tries = await loadTriesOf(
      gateway.context,
      merchant.scope,
      parseId('pi', intent.id) ?? '',
    );
    assert.deepEqual(
      tries.map(({ outcome, step }) => `${outcome} ${step}`),
      Array<string>(5).fill('in_vain none'),
    );
  });

  test('is kept for later five times at most as well', async () => {
    const setup = await stripe.setupIntents.create({});
    const keep = (number: string) =>
      ask('POST', `/v1/setup_intents/${setup.id}/confirm`, {
        key: merchant.publishableKey,
        form: `client_secret=${setup.client_secret}&payment_method_data[type]=card&${cardForm(number)}`,
      });
    for (let tries = 1; tries <= 5; tries += 1) assert.equal((await keep(STOLEN)).status, 402);
    const { error } = (await keep(VISA)).body;
    assert.equal(error.code, 'setup_intent_tried_too_often');
    assert.equal(error.setup_intent.id, setup.id);
  });

  test('needs a new proof of work each time once it is asked for', async () => {
    const other = await gateway.merchant('Asks for work');
    const asks = { ...never, proof: 1 };
    assert.ok(
      (await setRules(gateway.context, other.scope, { ladder: { network_collected: asks } })).ok,
    );
    const collect = (proof?: string) =>
      ask('POST', '/v1/payment_methods', {
        key: other.publishableKey,
        form: `type=card&${cardForm(VISA, 'card')}`,
        headers: proof === undefined ? {} : { 'tollgate-proof': proof },
      });
    assert.equal((await collect()).status, 200);
    const asked = await collect();
    assert.deepEqual([asked.status, asked.body.error.code], [403, 'proof_required']);
    const proof = prove(asked.body.error.proof);
    assert.equal((await collect(proof)).status, 200);
    assert.equal((await collect(proof)).body.error.code, 'proof_required');
    // A server does not have to prove anything.
    const { status } = await ask('POST', '/v1/payment_methods', {
      key: other.key,
      form: `type=card&${cardForm(VISA, 'card')}`,
    });
    assert.equal(status, 200);
  });

  test('leaves no trace among the tries where a server tried it', async () => {
    const count = async () =>
      (await asOwner(gateway.on, 'select count(*)::integer as tries from payments.card_tries'))[0];
    const before = await count();
    await stripe.paymentIntents.create({
      amount: 900,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      confirm: true,
      return_url: 'https://shop.test/',
    });
    assert.deepEqual(await count(), before);
  });
});

describe('a suspect', async () => {
  const { gateway, merchant, stripe } = await openShop();
  const asks = { ...never, slow: 1 };
  await setRules(gateway.context, merchant.scope, { ladder: { network_in_vain: asks } });

  /** As the merchant is told. */
  const triesOf = async (id: string): Promise<unknown[]> => {
    const path = `/v1/payment_intents/${id}/trace`;
    const { body } = await gateway.ask('GET', path, { key: merchant.key });
    return (body.timeline as { what: string; details: unknown }[])
      .filter(({ what }) => what === 'try')
      .map(({ details }) => details);
  };

  test('is told that it was declined, and never why', async () => {
    const decline = async () => {
      const { id, client_secret: secret } = await stripe.paymentIntents.create({
        amount: 900,
        currency: 'eur',
      });
      const { body } = await gateway.ask('POST', `/v1/payment_intents/${id}/confirm`, {
        key: merchant.publishableKey,
        form: `client_secret=${secret}&payment_method_data[type]=card&${cardForm(NO_FUNDS)}`,
      });
      return { body, known: await stripe.paymentIntents.retrieve(id), tries: await triesOf(id) };
    };
    const first = await decline();
    assert.equal(first.body.error.decline_code, 'insufficient_funds');
    assert.deepEqual(first.tries, [{ step: 'none', reasons: null, outcome: 'in_vain' }]);
    const { body, known, tries } = await decline();
    assert.deepEqual(tries, [{ step: 'slow', reasons: 'network_in_vain 1', outcome: 'in_vain' }]);
    assert.equal(body.error.decline_code, 'generic_decline');
    assert.doesNotMatch(JSON.stringify(body), /funds|advice/);
    assert.equal(known.last_payment_error?.decline_code, 'insufficient_funds');
  });
});
