// The quick start's merchant takes iDEAL and its like through the Stripe that the sandbox simulates, and nothing else
// there: cards stay with the sandbox's bank. Set up as a merchant does it, an account and an endpoint that Stripe
// tells of its payments.

import { type Context, onRealTime, type Scope } from '#kit/context';
import { parseJsonText, sendOnce } from '#kit/http-client';
import { spellId } from '#kit/ids';
import {
  addConnectorAccount,
  CONNECTOR_ACCOUNT,
  changeConnectorAccount,
  listConnectorAccounts,
  type StoredAccount,
} from '#rails/connectors';
import type { SandboxAddress } from './runtime.ts';

const CONNECTOR = 'stripe';
const LABEL = 'Sandbox Stripe, for payments at a bank';
const METHODS = ['ideal', 'bancontact', 'eps', 'p24'];
/** What the simulator takes for the key of its account. */
const SECRET_KEY = 'sk_test_simulated';
const TIMEOUT_MS = 5_000;

/** Where it cannot be set up, cards can be paid with all the same. */
export const payAtBanks = async (
  context: Context,
  scope: Scope,
  { providers }: SandboxAddress,
  gatewayUrl: string,
): Promise<void> => {
  if (providers === undefined) return;
  try {
    const base = `${providers}/${CONNECTOR}`;
    const account = await accountAt(context, scope, base);
    const path = `/v1/connect/${CONNECTOR}/${spellId(CONNECTOR_ACCOUNT, account.id)}`;
    const secret = await registerEndpoint(context, base, `${gatewayUrl}${path}`);
    // Where it leads is changed together with all that goes there.
    const settings = { secret_key: SECRET_KEY, api_base: base, webhook_secret: secret };
    await change(context, scope, account, settings);
  } catch (error) {
    context.log.warn(
      { error },
      'Payments at a bank cannot be tried: their sandbox does not answer',
    );
  }
};

const accountAt = async (context: Context, scope: Scope, base: string): Promise<StoredAccount> => {
  const all = await listConnectorAccounts(context, scope, {
    direction: 'older',
    from: null,
    limit: 100,
  });
  const known = all.find(({ connector, label }) => connector === CONNECTOR && label === LABEL);
  if (known !== undefined) return known;
  const added = addConnectorAccount(context, scope, {
    connector: CONNECTOR,
    label: LABEL,
    priority: 200,
    methods: METHODS,
    settings: { secret_key: SECRET_KEY, api_base: base },
  });
  if (!added.ok) throw new Error(`${added.param} ${added.why}`);
  await context.database.commit(scope, added.writes);
  return added.account;
};

/** The same address again is answered with the same secret. */
const registerEndpoint = async (
  context: Context,
  base: string,
  address: string,
): Promise<string> => {
  const real = onRealTime(context);
  const answer = await sendOnce(
    real,
    {
      method: 'POST',
      url: `${base}/v1/webhook_endpoints`,
      headers: {
        authorization: `Bearer ${SECRET_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ url: address, 'enabled_events[]': '*' }).toString(),
    },
    { deadlineMs: real.clock.now() + TIMEOUT_MS },
  );
  const { secret } = parseJsonText(answer.body.toString()) as { readonly secret?: unknown };
  if (typeof secret !== 'string') throw new Error('It gave no secret');
  return secret;
};

const change = async (
  context: Context,
  scope: Scope,
  account: StoredAccount,
  settings: Readonly<Record<string, string>>,
): Promise<void> => {
  const isKnown =
    account.settings['api_base'] === settings['api_base'] &&
    account.secretNames.includes('webhook_secret');
  if (isKnown) return;
  const changed = changeConnectorAccount(context, scope, account, { settings });
  if (!changed.ok) throw new Error(`${changed.param} ${changed.why}`);
  await context.database.commit(scope, changed.writes);
};
