// What a frame of ours asks of the API for the page around it, with the page's publishable key. A payment is
// asked for under one key of its own and asked for again as it was, so that a lost answer is never taken
// for a no.

import { prove } from '../checkout/proof.js';
import { ask, formOf, sendSealed, TollgateError } from './seal.js';

/**
 * @typedef {object} Request
 * @property {string} key
 * @property {'method' | 'token' | 'confirm' | 'retrieve'} what
 * @property {import('./seal.d.ts').Card | undefined} [card]
 * @property {Record<string, any>} [params]
 * @property {string} [secret]
 * @property {Readonly<Record<string, string>>} texts
 */

/** @param {Request} asked @returns {Promise<any>} */
export const send = async ({ key, what, card, params = {}, secret = '', texts }) => {
  /** @param {string | undefined} sealed @param {string} [proof] @returns {Promise<any>} */
  const request = (sealed, proof) => {
    const cardData = sealed === undefined ? {} : { card: { sealed } };
    switch (what) {
      case 'method':
        return ask('/v1/payment_methods', post(key, { type: 'card', ...cardData, ...params }, proof));
      case 'token':
        return ask('/v1/tokens', post(key, { card: { ...params['card'], ...cardData.card } }, proof));
      case 'confirm':
        return confirm(post(key, { client_secret: secret, use_stripe_sdk: true, ...withMethod(params, cardData) }, proof), secret, texts);
      case 'retrieve':
        return retrieve(key, secret);
    }
  };
  /** @param {string} [proof] */
  const attempt = (proof) =>
    card === undefined
      ? request(undefined, proof)
      : sendSealed({ api: location.origin, publishableKey: key, card, send: (sealed) => request(sealed, proof) });
  try {
    return await attempt().catch(async (error) => {
      // Refused before the card's bank was asked. A sealed card is opened once, so it is sealed anew.
      if (error.code !== 'proof_required') throw error;
      return attempt(await prove(error.proof));
    });
  } catch (error) {
    throw error instanceof TollgateError ? await inTheirWords(error, secret) : error;
  }
};

/** @param {string} key @param {string} secret */
export const retrieve = (key, secret) =>
  ask(`${pathOf(secret)}?${formOf({ client_secret: secret })}`, { headers: authorization(key) });

/** @param {ReturnType<typeof post>} init @param {string} secret @param {Readonly<Record<string, string>>} texts */
const confirm = async (init, secret, texts) => {
  const sent = { ...init, headers: { ...init.headers, 'Idempotency-Key': crypto.randomUUID() } };
  // Where its answer did not come it is tried again.
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000]) {
    try {
      return await ask(`${pathOf(secret)}/confirm`, sent);
    } catch (error) {
      if (!isUndecided(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new TollgateError('outcome_unknown', texts['lost'] ?? '', { type: 'api_connection_error' });
};

/** @param {unknown} error */
export const isUndecided = (error) =>
  error instanceof TollgateError &&
  (error.status === null || [409, 429].includes(error.status) || error.status >= 500);

/** @param {Record<string, any>} params @param {object} cardData */
const withMethod = ({ billing_details, ...params }, cardData) =>
  'card' in cardData
    ? { ...params, payment_method_data: { type: 'card', ...cardData, billing_details } }
    : params;

/** @param {string} secret */
const pathOf = (secret) => {
  const [, id, kind] = /^((pi|seti)_\w+)_secret_/.exec(secret) ?? [];
  if (id === undefined) {
    throw new TollgateError('invalid_client_secret', 'This is not the client_secret of an intent.', {
      type: 'invalid_request_error',
      param: 'client_secret',
    });
  }
  return `/v1/${kind === 'pi' ? 'payment_intents' : 'setup_intents'}/${id}`;
};

/** @param {string} key */
const authorization = (key) => ({ Authorization: `Bearer ${key}` });

/** @param {string} key @param {object} body @param {string} [proof] */
const post = (key, body, proof) => ({
  method: 'POST',
  headers: { ...authorization(key), ...(proof && { 'Tollgate-Proof': proof }) },
  body: formOf(body),
});

/**
 * The API speaks to programs; payers read in their own language what to do. What became of a try is theirs to read, also
 * where it was no card's fault; what a program has asked for wrongly is its maker's.
 *
 * @template {{ type: string, code: string, decline_code: string | null, message: string, setup_intent?: any }} Refusal
 * @param {Refusal} refusal @param {string} secret @param {boolean} [isOfTry]
 * @returns {Promise<Refusal>}
 */
export const inTheirWords = async (refusal, secret, isOfTry = refusal.type === 'card_error') => {
  if (!isOfTry && (refusal.setup_intent?.last_setup_error?.code ?? 0) !== refusal.code) return refusal;
  const query = formOf({ lang: document.documentElement.lang, mode: secret.startsWith('seti_') ? 'setup' : 'payment' });
  /** @type {Record<string, string>} */
  const texts = await ask(`/elements/declines.json?${query}`).catch(() => ({}));
  refusal.message = texts[refusal.decline_code ?? ''] ?? texts[refusal.code] ?? texts['other'] ?? refusal.message;
  return refusal;
};
