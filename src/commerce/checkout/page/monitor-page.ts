// The page of a session that nobody can pay, for us to look at as a payer's browser would: the same scripts, the
// same policy, the same bytes around them at any time, so that whatever differs was put there by somebody.

import { plainLook } from '../look.ts';
import type { PageView, RenderedPage } from '../page-view.ts';
import { renderPage } from './render-page.ts';

export const MONITOR_PATH = '/c/monitor';

export const monitorPage = (nonce: string): RenderedPage =>
  renderPage(view, { lang: 'en', acceptLanguage: null, isMailed: false, nonce });

const view: PageView = {
  session: 'monitor',
  livemode: true,
  locale: 'en',
  merchant: { name: 'Tollgate', supportEmail: null, supportUrl: null },
  look: plainLook,
  mode: 'payment',
  status: 'expired',
  declined: null,
  attempt: '1',
  triesLeft: 0,
  amounts: {
    currency: 'usd',
    digits: 2,
    subtotal: 0n,
    shipping: 0n,
    discount: 0n,
    tax: 0n,
    total: 0n,
  },
  lines: [],
  submitType: 'auto',
  methods: [],
  vaultKey: null,
  asks: {
    email: false,
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
  },
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
    page: MONITOR_PATH,
    state: `${MONITOR_PATH}/state`,
    confirm: `${MONITOR_PATH}/confirm`,
    action: null,
    success: null,
    cancel: null,
    recover: null,
  },
  expiresAtMs: 0,
  receipt: null,
  kept: null,
};
