// The messages of EMV 3-D Secure 2.2 that a merchant's side sends and reads. Pure. What comes from
// outside is believed field by field: a field of another form is a message of another form.

import type { Uuid } from '#kit/ids';
import { currencies } from '#kit/money';
import { beginningOf } from '#platform/http';
import type {
  BrowserInfo,
  CardAuthentication,
  Preference,
  WindowSize,
} from './card-authentication.ts';
import { countryNumber } from './country-numbers.ts';

const PROTOCOL_VERSION = '2.2.0';

type Json = Readonly<Record<string, unknown>>;

/** The number as the digits of field 2, the expiry as YYMM. It never leaves the call that sends it. */
export type OpenedCard = { readonly number: string; readonly expiry: string };

export type Addresses = { readonly results: string; readonly notification: string };

/**
 * 06 to 09 are never said: they share data without a question, vouch for an authentication of another's, and
 * are about the list of merchants that a holder trusts, of which only his bank knows.
 */
const challengeIndicators: Readonly<Record<Preference, string>> = {
  any: '01',
  // The protocol has a number of its own for no other exemption before 2.3.
  low_value: '02',
  challenge: '03',
  mandated: '04',
  transaction_risk_analysis: '05',
};

export type Unsupported = 'currency_not_supported' | 'country_not_supported';

export const unsupportedIn = ({
  currency,
  asked,
}: Pick<CardAuthentication, 'currency' | 'asked'>): Unsupported | null => {
  if (!currencies.has(currency)) return 'currency_not_supported';
  return countryNumber(asked.merchant.country) === undefined ? 'country_not_supported' : null;
};

export const areqOf = (
  it: CardAuthentication,
  card: OpenedCard,
  browser: BrowserInfo,
  addresses: Addresses,
  nowMs: number,
): Json => {
  const { asked } = it;
  const { merchant, payer } = asked;
  const currency = currencies.get(it.currency);
  return clean({
    messageType: 'AReq',
    messageVersion: PROTOCOL_VERSION,
    // With no amount it is the card that is confirmed, and not a payment.
    messageCategory: it.amount === 0n ? '02' : '01',
    deviceChannel: '02',
    threeDSServerTransID: it.id,
    threeDSServerRefNumber: 'TOLLGATE',
    threeDSServerURL: addresses.results,
    threeDSRequestorID: merchant.requestorId ?? merchant.id,
    threeDSRequestorName: beginningOf(merchant.name, 40),
    threeDSRequestorURL: merchant.url,
    threeDSRequestorAuthenticationInd: it.amount === 0n ? '04' : '01',
    threeDSRequestorChallengeInd: challengeIndicators[asked.preference],
    threeDSRequestorDecReqInd: 'N',
    threeDSCompInd: 'U',
    acquirerBIN: merchant.acquirerBin,
    acquirerMerchantID: merchant.id,
    merchantName: beginningOf(merchant.name, 40),
    mcc: merchant.mcc,
    merchantCountryCode: countryNumber(merchant.country),
    acctNumber: card.number,
    cardExpiryDate: card.expiry,
    cardholderName: payer?.name ? beginningOf(payer.name, 45) : undefined,
    email: payer?.email?.slice(0, 254) ?? undefined,
    ...(it.amount === 0n
      ? {}
      : {
          purchaseAmount: String(it.amount),
          purchaseCurrency: currency?.numeric,
          purchaseExponent: String(currency?.exponent),
          purchaseDate: compactDate(nowMs),
        }),
    notificationURL: addresses.notification,
    ...browserFields(browser),
  });
};

const browserFields = (browser: BrowserInfo): Json => ({
  browserAcceptHeader: browser.acceptHeader.slice(0, 2048),
  browserUserAgent: browser.userAgent.slice(0, 2048),
  browserLanguage: browser.language.slice(0, 35),
  browserIP: browser.ip ?? undefined,
  browserJavascriptEnabled: browser.javascriptEnabled,
  ...(browser.javascriptEnabled
    ? {
        browserJavaEnabled: browser.javaEnabled,
        browserColorDepth: text(browser.colorDepth),
        browserScreenHeight: text(browser.screenHeight),
        browserScreenWidth: text(browser.screenWidth),
        browserTZ: text(browser.timeZoneMinutes),
      }
    : {}),
});

const text = (value: number | null): string | undefined =>
  value === null ? undefined : String(value);

const clean = (message: Json): Json =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

const compactDate = (ms: number): string =>
  new Date(ms).toISOString().replaceAll(/\D/g, '').slice(0, 14);

export const preqOf = (id: Uuid): Json => ({
  messageType: 'PReq',
  messageVersion: PROTOCOL_VERSION,
  threeDSServerTransID: id,
  threeDSServerRefNumber: 'TOLLGATE',
});

/** What a bank says of its holder, by whichever message it comes. */
export type Said = {
  readonly transStatus: 'Y' | 'A' | 'N' | 'U' | 'R' | 'C' | 'I' | 'D';
  readonly acsTransactionId: string;
  readonly directoryTransactionId: string;
  readonly eci: string | null;
  readonly cavv: string | null;
};

export type Answered =
  | {
      readonly kind: 'said';
      readonly said: Said;
      readonly version: string;
      readonly acsUrl: string | null;
    }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'malformed' };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const statuses = /^[YANURCID]$/;
const is = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value);

export const readAres = (id: Uuid, answer: Json): Answered => {
  if (answer['messageType'] === 'Erro') {
    return {
      kind: 'error',
      code: is(answer['errorCode'], /^\d{3}$/) ? answer['errorCode'] : '000',
    };
  }
  const said = saidIn(answer);
  // An answer to another question decides nothing.
  if (answer['messageType'] !== 'ARes' || answer['threeDSServerTransID'] !== id || said === null) {
    return { kind: 'malformed' };
  }
  const version = answer['messageVersion'];
  if (!is(version, /^2\.[1-3]\.\d$/)) return { kind: 'malformed' };
  const acsUrl = readAddress(answer['acsURL']);
  if (said.transStatus === 'C' && acsUrl === null) return { kind: 'malformed' };
  return { kind: 'said', said, version, acsUrl };
};

// A URL allows more in a host than names have, as `;` and `'`: those would be read as rules of the page's policy.
const hosts = /^(?:[\da-z._-]+|\[[\da-f:.]+\])$/;

/** Where a payer can be sent for a challenge. Null for what no browser could go to. */
export const readAddress = (value: unknown): string | null => {
  if (!is(value, /^https?:\/\//) || !URL.canParse(value)) return null;
  return hosts.test(new URL(value).hostname) ? value : null;
};

export type Result = Said & { readonly isCancelled: boolean; readonly isTimedOut: boolean };

/** The result of a challenge, as the directory server passes it on. Null when it has another form. */
export const readRreq = (id: Uuid, message: Json): Result | null => {
  const said = saidIn(message);
  if (message['messageType'] !== 'RReq' || message['threeDSServerTransID'] !== id) return null;
  if (said === null || said.transStatus === 'C' || said.transStatus === 'D') return null;
  const cancel = message['challengeCancel'];
  return {
    ...said,
    isCancelled: cancel === '01',
    isTimedOut: cancel === '03' || cancel === '04' || cancel === '05',
  };
};

const saidIn = (message: Json): Said | null => {
  const {
    transStatus,
    acsTransID,
    dsTransID,
    eci = null,
    authenticationValue: cavv = null,
  } = message;
  if (!is(transStatus, statuses) || !is(acsTransID, uuid) || !is(dsTransID, uuid)) return null;
  if (eci !== null && !is(eci, /^\d{2}$/)) return null;
  if (cavv !== null && !is(cavv, /^[A-Za-z0-9+/]{27}=$/)) return null;
  return {
    transStatus: transStatus as Said['transStatus'],
    acsTransactionId: acsTransID,
    directoryTransactionId: dsTransID,
    eci,
    cavv,
  };
};

export const rresOf = (id: Uuid, { acsTransactionId, directoryTransactionId }: Said): Json => ({
  messageType: 'RRes',
  messageVersion: PROTOCOL_VERSION,
  threeDSServerTransID: id,
  acsTransID: acsTransactionId,
  dsTransID: directoryTransactionId,
  resultsStatus: '01',
});

export const errorOf = (id: Uuid, code: string, detail: string): Json => ({
  messageType: 'Erro',
  messageVersion: PROTOCOL_VERSION,
  threeDSServerTransID: id,
  errorCode: code,
  errorComponent: 'S',
  errorDescription: detail,
  errorMessageType: 'RReq',
});

export const creqOf = (id: Uuid, acsTransactionId: string, windowSize: WindowSize): string =>
  Buffer.from(
    JSON.stringify({
      messageType: 'CReq',
      messageVersion: PROTOCOL_VERSION,
      threeDSServerTransID: id,
      acsTransID: acsTransactionId,
      challengeWindowSize: windowSize,
    }),
  ).toString('base64url');
