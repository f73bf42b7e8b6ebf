// The page of a checkout over made-up sessions: what the payer's browser and the page do with each other
// can be walked through in every state, without a bank that would have to be brought into it.

import { elementsHandlers } from '#commerce/elements';
import { systemClock, systemRandom } from '#kit/context';
import { createHttpServer, type PlainHandler, readBody } from '#platform/http';
import { plainLook } from '../../src/commerce/checkout/look.ts';
import {
  newNonce,
  pageHandlers,
  pageState,
  renderPage,
  sendReturned,
} from '../../src/commerce/checkout/page/index.ts';
import type { PageView } from '../../src/commerce/checkout/page-view.ts';
import { silentLog } from '../../src/kit/context/for-tests.ts';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { createMemoryStore } from '../../src/platform/http/testing.ts';

export type Session = {
  view: PageView;
  /** What paying comes to: by default it is paid. */
  onPay?: (form: URLSearchParams) => PageView;
  readonly posted: URLSearchParams[];
};

export type PageServer = {
  readonly origin: string;
  open(
    changes?: Partial<PageView>,
    more?: Partial<Omit<Session, 'view' | 'posted'>>,
  ): { readonly id: string; readonly url: string; readonly session: Session };
  readonly reports: string[];
};

export const startPageServer = async (): Promise<PageServer> => {
  const sessions = new Map<string, Session>();
  const reports: string[] = [];
  const context = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  };
  const store = createMemoryStore();
  const server = createHttpServer({
    context: {
      ...context,
      database: store.database,
      network: { fetch: none, exchange: none, post: none },
      actor: { kind: 'system', id: 'test' },
      crashPoint: () => {},
    },
    routes: [],
    authenticate: async () => null,
    idempotency: store.idempotency,
    settings: { publicUrl: 'http://127.0.0.1', closeTimeoutMs: 200 },
    handlers: [
      ...elementsHandlers(context, async () => []),
      ...sessionHandlers(sessions),
      ...pageHandlers(context, async (id) => sessions.get(id)?.view ?? null, {
        observe: (directive) => void reports.push(directive),
      }),
    ],
  });
  const port = await server.listen(0);
  const origin = `http://127.0.0.1:${port}`;
  atEnd(() => server.close());

  return {
    origin,
    reports,
    open: (changes = {}, more = {}) => {
      const id = `cs_test_${sessions.size + 1}`;
      const session: Session = { view: { ...viewOf(id), ...changes }, posted: [], ...more };
      sessions.set(id, session);
      return { id, url: `${origin}/c/${id}`, session };
    },
  };
};

const none = async (): Promise<never> => {
  throw new Error('There is no network here');
};

const sessionHandlers = (sessions: Map<string, Session>): readonly PlainHandler[] => {
  const pay = (session: Session, form: URLSearchParams): void => {
    session.posted.push(form);
    const act = form.get('do');
    if (act === 'abandon')
      session.view = { ...session.view, status: 'open', declined: declinedBy('auth_failed') };
    else if (act !== 'update') session.view = session.onPay?.(form) ?? paid(session.view);
  };
  const readForm = async (request: Parameters<PlainHandler['handle']>[0]) =>
    new URLSearchParams((await readBody(request, 100_000)).toString());
  return [
    {
      method: 'GET',
      path: '/c/:session',
      handle: (request, response, { params }) => {
        const session = sessions.get(params['session'] ?? '');
        response.removeHeader('X-Frame-Options');
        if (session === undefined) {
          response.writeHead(404).end();
          return;
        }
        const query = new URL(request.url ?? '/', 'http://page').searchParams;
        const { body, headers } = renderPage(session.view, {
          lang: query.get('lang'),
          isMailed: false,
          acceptLanguage: request.headers['accept-language'] ?? null,
          nonce: newNonce({ random: systemRandom }),
        });
        response.writeHead(200, headers).end(body);
      },
    },
    {
      method: 'POST',
      path: '/c/:session',
      handle: async (request, response, { params }) => {
        const session = sessions.get(params['session'] ?? '');
        if (session !== undefined) pay(session, await readForm(request));
        response.writeHead(303, { Location: `/c/${params['session']}` }).end();
      },
    },
    {
      method: 'GET',
      path: '/c/:session/state',
      handle: (_, response, { params }) =>
        sendState(response, sessions.get(params['session'] ?? '')),
    },
    {
      method: 'POST',
      path: '/c/:session/confirm',
      handle: async (request, response, { params }) => {
        const session = sessions.get(params['session'] ?? '');
        if (session !== undefined) pay(session, await readForm(request));
        sendState(response, session);
      },
    },
    {
      method: 'GET',
      path: '/c/:session/back',
      handle: (request, response, { params }) =>
        sendReturned({ random: systemRandom }, request, response, `/c/${params['session']}`, []),
    },
    // A bank of made-up questions.
    {
      method: 'GET',
      path: '/bank/:session',
      handle: (_, response, { params }) => {
        response
          .writeHead(200, { 'Content-Type': 'text/html', 'X-Frame-Options': 'SAMEORIGIN' })
          .end(
            `<!doctype html><html lang="en"><title>Bank</title><h1>A bank</h1><form method="post" action="/bank/${params['session']}"><button>It is me</button></form></html>`,
          );
      },
    },
    {
      method: 'POST',
      path: '/bank/:session',
      handle: async (request, response, { params }) => {
        await readForm(request);
        const session = sessions.get(params['session'] ?? '');
        if (session !== undefined) session.view = paid(session.view);
        response.writeHead(303, { Location: `/c/${params['session']}/back` }).end();
      },
    },
    {
      method: 'GET',
      path: '/shop',
      handle: (_, response) => {
        response
          .writeHead(200, { 'Content-Type': 'text/html' })
          .end('<!doctype html><html lang="en"><title>Shop</title><h1>A shop</h1></html>');
      },
    },
  ];
};

const sendState = (
  response: Parameters<PlainHandler['handle']>[1],
  session: Session | undefined,
): void => {
  response
    .writeHead(session === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
    .end(session === undefined ? '{}' : JSON.stringify(pageState(session.view)));
};

export const declinedBy = (
  name: NonNullable<PageView['declined']>['class'],
  field: NonNullable<PageView['declined']>['field'] = null,
): NonNullable<PageView['declined']> => ({
  class: name,
  text: `decline.${name}`,
  field,
  sameCardMayWork: true,
});

export const paid = (view: PageView): PageView => ({
  ...view,
  status: 'complete',
  declined: null,
  receipt: {
    paidAtMs: Date.parse('2026-11-28T09:30:00Z'),
    amount: view.amounts.total,
    refunded: 0n,
    isCaptured: true,
    method: { brand: 'visa', last4: '4242' },
    email: view.known.email ?? 'jenny@example.com',
    descriptor: 'PAPER & INK',
    shipping: null,
    url: null,
    payment: 'pi_0QxT4mJb81Zrw3KdT5nRb2Vc',
  },
});

const { kty, crv, x, y } = (await crypto.subtle
  .generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
  .then(async (pair) =>
    crypto.subtle.exportKey('jwk', (pair as { publicKey: CryptoKey }).publicKey),
  )) as Record<string, string>;

const noAsks: PageView['asks'] = {
  email: true,
  name: false,
  names: null,
  phone: false,
  billingAddress: 'none',
  shippingCountries: null,
  shippingOptions: [],
  customFields: [],
  reuse: false,
  terms: false,
  promotions: null,
};

export const viewOf = (id: string): PageView => ({
  session: id,
  livemode: false,
  locale: null,
  merchant: { name: 'Paper & Ink', supportEmail: 'help@paper.example', supportUrl: null },
  look: plainLook,
  mode: 'payment',
  status: 'open',
  declined: null,
  attempt: '018f-attempt-1',
  triesLeft: 5,
  amounts: {
    currency: 'eur',
    digits: 2,
    subtotal: 6400n,
    shipping: 490n,
    discount: 0n,
    tax: 0n,
    total: 6890n,
  },
  lines: [
    {
      id: 'li_1',
      name: 'Fountain pen “Kestrel”',
      description: 'Fine nib, midnight blue',
      image: null,
      quantity: 1,
      unitAmount: 4800n,
      amount: 4800n,
      adjustable: null,
    },
    {
      id: 'li_2',
      name: 'Notebook, dotted, A5',
      description: null,
      image: null,
      quantity: 2,
      unitAmount: 800n,
      amount: 1600n,
      adjustable: null,
    },
  ],
  submitType: 'auto',
  methods: [{ type: 'card', brands: ['visa', 'mastercard', 'amex', 'discover'] }],
  vaultKey: {
    kid: 'bk_test',
    jwk: { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' },
    audience: 'acct_test',
    expires_at: Math.floor(Date.now() / 1000) + 86_400,
    now: Math.floor(Date.now() / 1000),
  },
  asks: noAsks,
  known: {
    email: null,
    isEmailFixed: false,
    name: null,
    businessName: null,
    individualName: null,
    phone: null,
    billing: null,
    shipping: null,
  },
  texts: {
    submit: null,
    afterSubmit: null,
    shippingAddress: null,
    terms: null,
    confirmation: null,
    closed: null,
  },
  urls: {
    page: `/c/${id}`,
    state: `/c/${id}/state`,
    confirm: `/c/${id}/confirm`,
    action: null,
    success: '/shop',
    cancel: '/shop',
    recover: null,
  },
  expiresAtMs: Date.now() + 86_400_000,
  receipt: null,
  kept: null,
});

export const fullAsks: PageView['asks'] = {
  ...noAsks,
  phone: true,
  billingAddress: 'auto',
  shippingCountries: ['DE', 'FR', 'AT', 'US'],
  shippingOptions: [
    {
      id: 'shr_1',
      name: 'Standard',
      amount: 490n,
      delivery: {
        min: { unit: 'business_day', value: 3 },
        max: { unit: 'business_day', value: 5 },
      },
      isChosen: true,
    },
    { id: 'shr_2', name: 'Express', amount: 990n, delivery: null, isChosen: false },
  ],
  customFields: [
    {
      key: 'engraving',
      label: 'Engraving',
      type: 'text',
      optional: true,
      options: [],
      minLength: null,
      maxLength: 20,
      value: null,
    },
    {
      key: 'wrap',
      label: 'Gift wrap',
      type: 'dropdown',
      optional: true,
      options: [
        { label: 'None', value: 'none' },
        { label: 'Blue paper', value: 'blue' },
      ],
      minLength: null,
      maxLength: null,
      value: null,
    },
  ],
  terms: true,
  promotions: false,
};

/** Cards, and what sends a payer to a bank. */
export const severalMethods: PageView['methods'] = [
  { type: 'card', brands: ['visa', 'mastercard', 'amex', 'discover'] },
  { type: 'ideal', brands: [], name: 'iDEAL', countries: ['NL'] },
  { type: 'bancontact', brands: [], name: 'Bancontact', countries: ['BE'], needsName: true },
  { type: 'eps', brands: [], name: 'EPS', countries: ['AT'], needsName: true },
  { type: 'p24', brands: [], name: 'Przelewy24', countries: ['PL'] },
];
