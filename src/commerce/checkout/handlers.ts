// The page of a session for browsers: drawn on the server, complete without scripts, and the truth whenever
// it is asked for.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { vaultOf } from '#cards/vault';
import { type Context, realClock, type Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { askingByItself } from '#payments/intents';
import { admit } from '#payments/risk';
import {
  ApiError,
  CallerGone,
  deviceCookie,
  lockTimeout,
  type PlainHandler,
  readBody,
  sendPage,
  visitorOf,
} from '#platform/http';
import { attemptOf, confirmSession } from './confirm-session.ts';
import { declinedOf, missingAt } from './decline-classes.ts';
import { sessionNamed } from './find-session.ts';
import { loadLook } from './look.store.ts';
import { madeOf } from './made.ts';
import {
  linkTo,
  newNonce,
  pageHandlers,
  pageState,
  renderNotice,
  renderPage,
  sendReturned,
} from './page/index.ts';
import { giveUpAction, updateChoices } from './page-acts.ts';
import { readPageForm } from './page-form.ts';
import { pageStateOf } from './page-state.ts';
import type {
  Declined,
  NoticeView,
  PageRequest,
  PageView,
  RenderedPage,
  VaultKeyAnswer,
} from './page-view.ts';
import { mailReceiptAgain } from './receipt-mailer.ts';
import { recoverSession } from './recover-session.ts';
import type { CheckoutSession } from './session.ts';
import { parseSession } from './session-id.ts';
import { publicUrlOf } from './settings.ts';
import { viewOf } from './view-of.ts';

const FORM_BYTES_MAX = 65_536;

type Open = {
  readonly scope: Scope;
  readonly session: CheckoutSession;
  readonly spelled: string;
};

export const checkoutHandlers = (
  processContext: Context,
  {
    addressOf,
    observeReport,
  }: {
    /** Who calls, where proxies stand before us. */
    readonly addressOf: (request: IncomingMessage) => string;
    /** Hears of what browsers blocked on the page. */
    readonly observeReport?: (directive: string) => void;
  },
): readonly PlainHandler[] => {
  const context: Context = { ...processContext, actor: { kind: 'payer', id: 'checkout' } };
  /** For what a payer does beside looking. */
  const contextOf = (request: IncomingMessage): Context => ({
    ...context,
    actor: { ...context.actor, visitor: visitorOf(request, addressOf(request)) },
  });

  const open = async (spelled: string): Promise<Open | null> => {
    const named = parseSession(spelled);
    if (named === null) return null;
    const session = await sessionNamed(context, named.scope, spelled);
    return session === undefined ? null : { scope: named.scope, session, spelled };
  };
  const find = async (spelled: string): Promise<PageView | null> => {
    const opened = await open(spelled);
    return opened === null ? null : viewNow(context, opened);
  };

  const handler = (
    method: 'GET' | 'POST',
    path: string,
    handle: (opened: Open, request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): PlainHandler => ({
    method,
    path,
    handle: async (request, response, { params }) => {
      const opened = await open(params['session'] ?? '');
      if (opened !== null) return handle(opened, request, response);
      const notice = { kind: 'session_unknown', text: null } as const;
      send(response, 404, renderNotice(notice, pageRequest(context, request)));
    },
  });

  return [
    handler('GET', '/c/:session', async (opened, request, response) => {
      const view = await viewNow(context, opened);
      if (contextOf(request).actor.visitor?.device === null) {
        const isSecure = publicUrlOf(context).startsWith('https:');
        response.setHeader('Set-Cookie', deviceCookie(context.random, isSecure));
      }
      if (isLeaving(view, request)) {
        // A navigation of its own: a policy for forms need not name the pages of all banks.
        response.setHeader('Refresh', `0; url=${linkTo(view.urls.action)}`);
      }
      send(response, 200, renderPage(view, pageRequest(context, request)));
    }),
    handler('POST', '/c/:session', async (opened, request, response) => {
      const told = await act(contextOf(request), opened, await readForm(request));
      if (told.refused === null) {
        redirect(response, `/c/${opened.spelled}${afterwards(told.view)}`);
        return;
      }
      send(response, told.refused.status, renderPage(told.view, pageRequest(context, request)));
    }),
    handler('GET', '/c/:session/state', async (opened, _, response) => {
      sendState(response, await viewNow(context, opened));
    }),
    handler('POST', '/c/:session/confirm', async (opened, request, response) => {
      const { view, proof } = await act(contextOf(request), opened, await readForm(request));
      sendState(response, view, proof);
    }),
    handler('POST', '/c/:session/mail', async ({ scope, session, spelled }, request, response) => {
      await readForm(request);
      const { intent } = await madeOf(context, scope, session);
      const charge = session.status === 'complete' ? (intent?.latestChargeId ?? null) : null;
      const isMailed = charge !== null && (await mailReceiptAgain(context, scope, charge));
      redirect(response, `/c/${spelled}${isMailed ? '?mailed' : ''}`);
    }),
    handler('GET', '/c/:session/back', async ({ scope, session, spelled }, request, response) => {
      const { look } = await loadLook(context, scope);
      // Who comes back from a bank's own page goes on to the shop by itself, as who paid here.
      const { intent } = await madeOf(context, scope, session);
      const isPaid = session.status === 'complete' && intent?.methodType !== undefined;
      sendReturned(
        context,
        request,
        response,
        `/c/${spelled}${isPaid ? '?paid' : ''}`,
        look.embedders,
      );
    }),
    handler('GET', '/c/:session/again', async ({ scope, session, spelled }, _, response) => {
      const fresh = await recoverSession(context, scope, session);
      redirect(response, `/c/${fresh ?? spelled}`);
    }),
    ...pageHandlers(context, find, {
      addressOf,
      ...(observeReport === undefined ? {} : { observe: observeReport }),
    }),
  ];
};

const afterwards = (view: PageView): string => {
  if (view.status === 'complete') return '?paid';
  return view.isAway === true ? '?leave' : '';
};

/** Sent on by the form, and not come back to by the button of the browser. */
const isLeaving = (view: PageView, { url = '' }: IncomingMessage): boolean =>
  view.isAway === true && linkTo(view.urls.action) !== null && /[?&]leave\b/.test(url);

type Told = {
  readonly view: PageView;
  readonly refused: ApiError | null;
  /** What the page's script has to prove work for, to be let in. */
  readonly proof?: string;
};

/** What the payer did, and what there is to see afterwards. */
const act = async (context: Context, opened: Open, form: URLSearchParams): Promise<Told> => {
  const refused = await tryTo(context, opened, form);
  const session = await again(context, opened);
  const view = await viewNow(context, { ...opened, session });
  if (refused === null || view.status !== 'open') return { view, refused: null };
  // What was tried is known of the session; what was refused before a try is told this once.
  if (refused.status === 409 || refused.code === 'checkout_amount_mismatch') {
    return { view, refused: null };
  }
  const { code = '', decline_code, proof } = refused.fields;
  if (proof !== undefined) {
    return { view: { ...view, declined: tooManyTries }, refused, proof };
  }
  const missing = code === 'parameter_missing' ? missingAt(refused.fields.param ?? '') : null;
  if (missing !== null) return { view: asItWasSent(view, form, missing), refused };
  const isOfCard = refused.type === 'card_error';
  return {
    view: {
      ...view,
      declined: declinedOf(
        isOfCard
          ? { code, ...(decline_code === undefined ? {} : { decline_code }) }
          : { code: 'processing_error' },
      ),
    },
    refused,
  };
};

const tryTo = async (
  context: Context,
  opened: Open,
  form: URLSearchParams,
): Promise<ApiError | null> => {
  const { scope, session } = opened;
  try {
    if (form.get('do') === 'abandon') {
      // Of a question that is over, as from a window that was left open: the one that is asked now goes on.
      const isOutdated = form.has('attempt') && form.get('attempt') !== attemptOf(session);
      if (!isOutdated) await giveUpAction(context, scope, session);
      return null;
    }
    const said = readPageForm(form, new Date(context.clock.now()).getUTCFullYear());
    if (form.get('do') === 'update') {
      await updateChoices(context, scope, session, said);
      return null;
    }
    return await pay(context, opened, said);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
};

/** Nothing was tried: what was chosen and said stays as it is. */
const asItWasSent = (view: PageView, form: URLSearchParams, declined: Declined): PageView => {
  const said = (name: string): string | null => form.get(name)?.trim() || null;
  const { email, name } = view.known;
  return {
    ...view,
    declined,
    chosen: said('method'),
    known: {
      ...view.known,
      email: email ?? said('email'),
      name: said('away_name') ?? said('card[name]') ?? name,
    },
  };
};

/** Where no script runs that could prove any work. */
const tooManyTries = declinedOf({ code: 'card_declined', decline_code: 'card_velocity_exceeded' });

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

const pay = async (
  context: Context,
  opened: Open,
  said: ReturnType<typeof readPageForm>,
): Promise<ApiError | null> => {
  const { scope } = opened;
  await admit(context, { scope, subject: opened.spelled, does: 'try' });
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const outcome = await confirmSession(context, askingByItself(scope), {
      said,
      find: () => again(context, opened),
      shows: () => null,
    });
    const { writes = [], undo } = outcome;
    if (writes.length > 0 && !(await context.database.commit(scope, writes)).ok) {
      await undo?.();
      continue;
    }
    return outcome.body instanceof ApiError ? outcome.body : null;
  }
  throw lockTimeout();
};

const again = async (context: Context, { scope, spelled, session }: Open) =>
  (await sessionNamed(context, scope, spelled)) ?? session;

const viewNow = async (context: Context, { scope, session }: Open): Promise<PageView> => {
  const state = await pageStateOf(context, scope, session);
  const nowMs = context.clock.now();
  const vaultKey = state.status === 'open' ? await vaultKeyNow(context, scope) : null;
  return viewOf(state, { scope, vaultKey, nowMs });
};

/** What the page's script needs to seal a card, with the time of ours, as payers' clocks are wrong. */
const vaultKeyNow = async (context: Context, scope: Scope): Promise<VaultKeyAnswer> => {
  const key = await vaultOf(context).browserKey();
  const { kty, crv, x, y } = key.publicKey;
  return {
    kid: key.kid,
    jwk: { kty, crv, x, y },
    audience: spellId('acct', scope.accountId),
    expires_at: Math.floor(key.expiresAt / 1000),
    // The vault goes by the real time, however far test mode has moved its own.
    now: Math.floor(realClock(context.clock).now() / 1000),
  };
};

const pageRequest = (context: Context, request: IncomingMessage): PageRequest => ({
  ...askedIn(request.url ?? '/'),
  acceptLanguage: request.headers['accept-language'] ?? null,
  nonce: newNonce(context),
});

const askedIn = (url: string): Pick<PageRequest, 'lang' | 'isMailed'> => {
  const asked = new URL(url, 'http://page').searchParams;
  return { lang: asked.get('lang'), isMailed: asked.has('mailed') };
};

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
  try {
    return new URLSearchParams((await readBody(request, FORM_BYTES_MAX)).toString('utf8'));
  } catch (error) {
    if (error instanceof ApiError || error instanceof CallerGone) return new URLSearchParams();
    throw error;
  }
};

const send = (response: ServerResponse, status: number, page: RenderedPage): void => {
  // The page's own policy says who may frame it, and says it better.
  response.removeHeader('X-Frame-Options');
  sendPage(response, status, page);
};

const sendState = (response: ServerResponse, view: PageView, proof: string | null = null): void => {
  response
    .writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify({ ...pageState(view), proof }));
};

/** For what stands at other addresses and has no session to show. */
export const sendNotice = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  notice: NoticeView,
): void => send(response, 404, renderNotice(notice, pageRequest(context, request)));

const redirect = (response: ServerResponse, to: string): void => {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store' }).end();
};
