import { Type } from 'typebox';
import type { Definition, MethodSupport, RecoveryDeclared } from '#rails/connectors';

const HOUR_MS = 60 * 60 * 1000;

/** The key of a request is remembered for a day at least; afterwards it can be asked for. */
const recovery: readonly RecoveryDeclared[] = [
  { class: 'A', windowMs: 24 * HOUR_MS },
  { class: 'B' },
];

/** The payer's bank asks the payer, at a page of its own; what it says is final, and nothing is held before. */
const redirected = (
  type: string,
  currencies: readonly string[],
  countries: readonly string[],
): MethodSupport => ({
  type,
  currencies,
  countries,
  operations: ['sale', 'refund'],
  isOptIn: true,
});

export const definition: Definition = {
  name: 'stripe',
  title: 'Stripe',
  verified: 'none',
  modes: ['test', 'live'],
  hosts: ['api.stripe.com'],
  methods: [
    { type: 'card', currencies: 'all', countries: 'all' },
    { type: 'payment_method_token', currencies: 'all', countries: 'all' },
    // Each has to be turned on in Stripe's dashboard, so an account takes those that it names.
    redirected('ideal', ['eur'], ['NL']),
    redirected('bancontact', ['eur'], ['BE']),
    redirected('eps', ['eur'], ['AT']),
    redirected('p24', ['eur', 'pln'], ['PL']),
  ],
  operations: {
    authorize: { recovery, timeoutMs: 30_000 },
    sale: { recovery, timeoutMs: 30_000 },
    // A second capture is a feature that Stripe turns on for some: it is not promised here.
    capture: { recovery, timeoutMs: 30_000, partial: true },
    void: { recovery, timeoutMs: 30_000 },
    refund: { recovery, timeoutMs: 30_000, partial: true, multiple: true },
  },
  settings: Type.Object({
    secret_key: Type.String({
      title: 'Secret key',
      description: 'Of the account at Stripe: sk_test_… or sk_live_…; a restricted key works too.',
      pattern: '^(?:sk|rk)_(?:test|live)_\\S+$',
      maxLength: 200,
      secret: true,
    }),
    webhook_secret: Type.Optional(
      Type.String({
        title: 'Signing secret of the webhook endpoint',
        description:
          'Without it no webhook is taken. Two, separated by a space, while one is rolled.',
        pattern: '^whsec_\\S+(?: whsec_\\S+)?$',
        maxLength: 400,
        secret: true,
      }),
    ),
    stripe_account: Type.Optional(
      Type.String({ title: 'Connected account', pattern: '^acct_\\S+$', maxLength: 100 }),
    ),
    api_base: Type.String({
      title: 'Address of the API',
      place: 'url',
      default: 'https://api.stripe.com',
      pattern: '^https?://[^?#]*[^/?#]$',
      maxLength: 200,
    }),
  }),
};
