// Asks the directory server about one card. The authentication says `asking` before the question
// leaves, so it is asked once; an answer that does not come leaves it impossible, which costs nobody
// money: the payment can go on without a proof.

import { type OpenCard, vaultOf } from '#cards/vault';
import type { Context, Scope } from '#kit/context';
import { resultsUrl, returnUrl } from './addresses.ts';
import type {
  AuthenticationChange,
  BrowserInfo,
  CardAuthentication,
} from './card-authentication.ts';
import { changeAuthentication, type Step } from './change-authentication.ts';
import { judge } from './judge.ts';
import { areqOf, readAres } from './messages.ts';
import { type Posted, post } from './post.ts';
import { sealValue } from './sealed-value.ts';

const ANSWER_WITHIN_MS = 10_000;
/** Longer than any answer takes: a process that died while asking is noticed then. */
const ASKING_MS = 30_000;

type Tell = { readonly tell: boolean };

/** Null when somebody else is asking, or has asked. */
export const askDirectory = async (
  context: Context,
  scope: Scope,
  created: CardAuthentication,
  browser: BrowserInfo,
  how: Tell,
): Promise<AuthenticationChange | null> => {
  const dueAtMs = context.clock.now() + ASKING_MS;
  const learned = { windowSize: browser.windowSize };
  const asking = await changeAuthentication(
    context,
    scope,
    created.id,
    () => ({ event: 'ask', learned, dueAtMs }),
    how,
  );
  if (asking === null) return null;
  const step = await questioned(context, scope, asking.after, browser);
  return changeAuthentication(context, scope, created.id, () => step, how);
};

const questioned = async (
  context: Context,
  scope: Scope,
  it: CardAuthentication,
  browser: BrowserInfo,
): Promise<Step> => {
  const addressed = { scope, id: it.id };
  const addresses = {
    results: resultsUrl(context, addressed),
    notification: returnUrl(context, addressed),
  };
  const ask = (card: OpenCard): Promise<Posted> => {
    const opened = { number: card.number.toString('latin1'), expiry: expiryOf(card) };
    const areq = areqOf(it, opened, browser, addresses, context.clock.now());
    const { directoryServer: url, reach = 'public' } = it.asked;
    return post(context, { url, reach }, JSON.stringify(areq), ANSWER_WITHIN_MS);
  };
  const opened = await vaultOf(context).withCard(
    context,
    { scope, card: it.card, operation: it.id },
    ask,
  );
  if (!opened.ok) return impossible('card_gone');
  const posted = opened.value;
  if (!posted.ok) {
    return impossible(posted.why === 'no_answer' ? 'directory_silent' : 'directory_error');
  }
  return stepAfter(context, scope, it, posted.answer);
};

const stepAfter = (
  context: Context,
  scope: Scope,
  it: CardAuthentication,
  answer: Readonly<Record<string, unknown>>,
): Step => {
  const answered = readAres(it.id, answer);
  if (answered.kind !== 'said') return impossible('directory_error');
  const { said, version, acsUrl } = answered;
  if (acsUrl !== null && !isSecure(scope, acsUrl)) return impossible('directory_error');
  return judge(said, it.asked.brand, (cavv) => sealValue(context, scope, it.id, cavv), {
    flow: said.transStatus === 'C' ? 'challenge' : 'frictionless',
    protocolVersion: version,
    acsUrl: said.transStatus === 'C' ? acsUrl : null,
  });
};

/** In live mode nothing of a payer goes over a line that others can read. */
export const isSecure = (scope: Scope, url: string): boolean =>
  !scope.livemode || url.startsWith('https://');

const impossible = (why: string): Step => ({ event: 'find_impossible', learned: { why } });

const expiryOf = ({ expMonth, expYear }: OpenCard): string =>
  `${String(expYear % 100).padStart(2, '0')}${String(expMonth).padStart(2, '0')}`;
