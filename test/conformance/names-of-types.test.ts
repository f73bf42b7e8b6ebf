// Names of ways to pay, where they are allowed or excluded: every one that Stripe knows may be named, whether or not
// anybody here takes it; one that nobody knows is a mistake, and is not taken for a way that happens not to be there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { knownTypes } from '#cards/methods';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { declaredIn } from '../support/stripe-types.ts';

const { stripe } = await openShop();
const { paymentIntents, setupIntents, checkout, paymentLinks } = stripe;

const declared = [
  ['resources/PaymentIntents.d.ts', 'PaymentIntentCreateParams'],
  ['resources/SetupIntents.d.ts', 'SetupIntentCreateParams'],
  ['resources/Checkout/Sessions.d.ts', 'Checkout.SessionCreateParams'],
] as const;

for (const [file, parameters] of declared) {
  for (const list of ['AllowedPaymentMethodType', 'ExcludedPaymentMethodType']) {
    test(`Every ${list} of the SDK's ${parameters} is known`, () => {
      const found = declaredIn(file, `${parameters}.${list}`);
      assert.equal(found.kind, 'alias');
      const names = [...found.type.text.matchAll(/'(\w+)'/g)].map(([, name]) => name);
      assert.ok(names.length > 40, `${names.length} were read`);
      assert.deepEqual(
        names.filter((name) => !knownTypes.includes(name ?? '')),
        [],
      );
    });
  }
}

const payment = { amount: 1000, currency: 'eur' } as const;
const session: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  success_url: 'https://shop.test/done',
  line_items: [
    {
      quantity: 1,
      price_data: { currency: 'eur', unit_amount: 1000, product_data: { name: 'Tea' } },
    },
  ],
};

const makers: Readonly<Record<string, (more: object) => Promise<object>>> = {
  'a payment': (more) => paymentIntents.create({ ...payment, ...more }),
  'the change of a payment': async (more) => {
    const { id } = await paymentIntents.create(payment);
    return paymentIntents.update(id, more);
  },
  'a confirmation': async (more) => {
    const { id } = await paymentIntents.create(payment);
    return paymentIntents.confirm(id, { payment_method: 'pm_card_visa', ...more });
  },
  'a setup': (more) => setupIntents.create(more),
  'a session': (more) => checkout.sessions.create({ ...session, ...more }),
};

test('an older list of ways to pay that nobody takes here is told which there are', async () => {
  for (const type of ['klrna', 'sepa_debit']) {
    const refused = await refusalOf(
      stripe.paymentIntents.create({
        amount: 1200,
        currency: 'eur',
        payment_method_types: [type],
      } as never),
    );
    assert.equal(refused.param, 'payment_method_types');
    assert.match(refused.message, /has these: card, ideal, bancontact, eps, p24\.$/);
  }
});

/** WooCommerce names both unless it is told otherwise, with each payment and each card that is kept. */
const cardsAndLink = { payment_method_types: ['card', 'link'] };

const alsoOfLinks = {
  ...makers,
  'a payment link': async (more: object) => {
    const { price_data, quantity } = session.line_items![0]!;
    return paymentLinks.create({ line_items: [{ price_data, quantity }], ...more } as never);
  },
};

for (const [what, make] of Object.entries(alsoOfLinks)) {
  test(`Link, named beside cards in the older list of ${what}, is left out: its payers pay by card`, async () => {
    const made: { payment_method_types?: unknown } = await make(cardsAndLink);
    assert.deepEqual(made.payment_method_types, ['card']);
  });

  test(`Link alone in the older list of ${what} is refused`, async () => {
    const { param } = await refusalOf(make({ payment_method_types: ['link'] }));
    assert.equal(param, 'payment_method_types');
  });
}

for (const [what, make] of Object.entries(makers)) {
  describe(`${what} names ways to pay`, () => {
    test('that nobody here takes', async () => {
      await make({ allowed_payment_method_types: ['card', 'wero'] });
      await make({ excluded_payment_method_types: ['klarna', 'us_bank_account'] });
    });

    for (const list of ['allowed_payment_method_types', 'excluded_payment_method_types']) {
      test(`in ${list} that nobody knows, and is told which there are`, async () => {
        const refused = await refusalOf(make({ [list]: ['card', 'klrna'] }));
        assert.deepEqual([refused.statusCode, refused.param], [400, `${list}[1]`]);
        assert.match(
          refused.message,
          new RegExp(`^Invalid ${list}\\[1\\]: must be one of .*klarna`),
        );
      });
    }
  });
}
