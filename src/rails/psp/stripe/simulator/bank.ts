// The page of the payer's bank: it says who wants how much, and leaves the answer to whoever tries things out.
// What was answered is known to the simulator alone; the address that the payer is sent back with proves nothing.

import type { Intent } from './objects.ts';
import type { Payments } from './payments.ts';

/** How long a bank takes that says that it will tell later. */
export const LATER_MS = 20_000;

export type Page = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

type Does = 'approve' | 'decline' | 'later' | 'later_not' | 'leave';

export const bankPage = (intent: Intent | undefined): Page => {
  if (intent?.status !== 'requires_action' || intent.return_url === null) {
    return pageOf(
      404,
      'There is nothing to confirm here',
      '<p>It was answered before, or its time is over.</p>',
    );
  }
  const name = names[intent.method] ?? intent.method;
  return pageOf(
    200,
    `${name} · Test bank`,
    `<p class="mark">${escaped(name)}</p><h1>Confirm a payment</h1>
<p class="sum"><bdi>${escaped(sumOf(intent))}</bdi></p>
${intent.language === undefined ? '' : `<p>Language: ${escaped(intent.language)}</p>`}
${intent.description === null ? '' : `<p>${escaped(intent.description)}</p>`}
<form method="post">
<button name="do" value="approve" class="yes">Approve</button>
<button name="do" value="decline">Decline</button>
<button name="do" value="later">Let them wait, then approve</button>
<button name="do" value="later_not">Let them wait, then decline</button>
<button name="do" value="leave" class="link">Go back without an answer</button>
</form>
<p class="note">This is a test bank: no money moves. Whoever closes this page has given no answer, and the payment
ends by itself after a while.</p>`,
  );
};

/** What the payer has chosen; where they go next. */
export const answerBank = (
  payments: Payments,
  intent: Intent,
  does: string,
  nowMs: number,
): Page => {
  if (intent.status !== 'requires_action' || intent.return_url === null) return bankPage(intent);
  switch (does as Does) {
    case 'approve':
      payments.charge(intent);
      break;
    case 'decline':
      payments.fail(intent, 'payment_intent_authentication_failure');
      break;
    case 'later':
    case 'later_not':
      intent.status = 'processing';
      intent.next_action = null;
      intent.due_ms = nowMs + LATER_MS;
      intent.comes = does === 'later' ? 'succeeds' : 'fails';
      payments.keep('intents', intent);
      break;
    case 'leave':
      break;
    default:
      return bankPage(intent);
  }
  const back = new URL(intent.return_url);
  back.searchParams.set('payment_intent', intent.id);
  back.searchParams.set('redirect_status', redirectStatus(intent));
  return { status: 303, headers: { location: back.href, 'cache-control': 'no-store' }, body: '' };
};

const redirectStatus = ({ status }: Intent): string =>
  status === 'succeeded'
    ? 'succeeded'
    : status === 'requires_payment_method'
      ? 'failed'
      : 'pending';

const names: Readonly<Record<string, string>> = {
  ideal: 'iDEAL',
  bancontact: 'Bancontact',
  eps: 'EPS',
  p24: 'Przelewy24',
};

const sumOf = ({ amount, currency }: Intent): string =>
  `${(amount / 100).toFixed(2)} ${currency.toUpperCase()}`;

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const pageOf = (status: number, title: string, inside: string): Page => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // It says nothing of forms: browsers hold the whole way back to that, and where it ends only the gateway knows.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
  },
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:26rem;margin:3rem auto;padding:0 1rem}
.mark{font-weight:700;letter-spacing:.02em;opacity:.75}
.sum{font-size:1.75rem;font-weight:600;margin:.25rem 0}
form{display:grid;gap:.6rem;margin:1.5rem 0}
button{font:inherit;padding:.7rem 1rem;border-radius:.5rem;border:1px solid;background:transparent;color:inherit;cursor:pointer}
.yes{background:#0b6b4f;border-color:#0b6b4f;color:#fff}
.link{border:0;text-decoration:underline}
.note{opacity:.75;font-size:.875rem}
</style></head><body><main>${inside}</main></body></html>
`,
});
