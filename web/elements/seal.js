// Seals card fields in the payer's browser with WebCrypto alone, so that no server between the payer
// and the vault sees a card number. Browsers run this file as it stands here: what is read in the
// repository is what a page pins. The format and its limits are told in README.md beside it.

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const ENCRYPTION = 'A256GCM';
/** The vault opens a message for ten minutes, and only while its key lives. */
const MESSAGE_VALID_MS = 600_000;
/** Two clocks of one device that part further than this: it slept, or its time was set. */
const DRIFT_MAX_MS = 10_000;
/** So that the length of a message tells neither the brand nor the name. */
const PADDING_BYTES = 256;
const REQUEST_LIMIT_MS = 30_000;

export class TollgateError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {import('./seal.d.ts').ErrorFields} [fields]
   */
  constructor(code, message, fields = {}) {
    super(message);
    this.name = 'TollgateError';
    this.code = code;
    this.type = fields.type ?? 'sealing_error';
    this.param = fields.param ?? null;
    this.decline_code = fields.decline_code ?? null;
    this.status = fields.status ?? null;
    this.request_id = fields.request_id ?? null;
    this.proof = fields.proof ?? null;
    this.payment_intent = fields.payment_intent ?? null;
    this.setup_intent = fields.setup_intent ?? null;
  }
}

/** @type {Map<string, Promise<import('./seal.d.ts').VaultKey>>} */
const keys = new Map();

/** @type {typeof import('./seal.d.ts').fetchVaultKey} */
export const fetchVaultKey = async (api, publishableKey) => {
  webCrypto();
  refuseSecretKey(publishableKey);
  const name = keyName(api, publishableKey);
  const known = keys.get(name);
  if (known !== undefined && isFresh(await known)) return known;
  const newer = keys.get(name);
  if (newer !== undefined && newer !== known) return newer;

  const asked = askForKey(api, publishableKey);
  keys.set(name, asked);
  asked.catch(() => keys.delete(name));
  return asked;
};

/** @type {typeof import('./seal.d.ts').vaultKeyFrom} */
export const vaultKeyFrom = (answer, now) => {
  const { kid, jwk, audience, expires_at } = answer;
  if (jwk?.kty !== 'EC' || jwk.crv !== 'P-256' || typeof kid !== 'string') throw keyInvalid();
  return Object.freeze({
    kid,
    jwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y },
    audience,
    expires_at,
    // The answer is older than now by its way here. A message that seems somewhat older than it is
    // is accepted; one from the future is not.
    serverMs: now * 1000,
    deviceMs: Date.now(),
    monotonicMs: performance.now(),
  });
};

/** @type {typeof import('./seal.d.ts').sealCard} */
export const sealCard = async ({ key, audience = key.audience, card }) => {
  const subtle = webCrypto();
  if (!isFresh(key)) {
    throw new TollgateError('key_stale', 'The key of the vault is too old: fetch it again.');
  }
  const clear = payloadOf(audience, serverNow(key), readCard(card));

  const theirs = await subtle.importKey('jwk', key.jwk, CURVE, false, []).catch(() => {
    throw keyInvalid();
  });
  const pair = /** @type {CryptoKeyPair} */ (
    await subtle.generateKey(CURVE, false, ['deriveBits'])
  );
  const agreed = { name: 'ECDH', public: theirs };
  const shared = new Uint8Array(await subtle.deriveBits(agreed, pair.privateKey, 256));
  const derived = await concatKdf(shared, { algorithm: ENCRYPTION, bits: 256 });
  shared.fill(0);
  const contentKey = await subtle.importKey('raw', derived, 'AES-GCM', false, ['encrypt']);
  derived.fill(0);

  const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey);
  const header = { alg: 'ECDH-ES', enc: ENCRYPTION, kid: key.kid, epk: { kty, crv, x, y } };
  const head = base64url(utf8(JSON.stringify(header)));
  const iv = randomBytes(12);
  const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(head) };
  const sealed = new Uint8Array(await subtle.encrypt(algorithm, contentKey, clear));
  clear.fill(0);

  const tag = sealed.length - 16;
  const parts = [iv, sealed.subarray(0, tag), sealed.subarray(tag)].map(base64url);
  // The second part is empty: the agreed key encrypts directly.
  return [head, '', ...parts].join('.');
};

/** @type {typeof import('./seal.d.ts').createPaymentMethod} */
export const createPaymentMethod = async ({ api, publishableKey, billing_details, ...given }) => {
  refuseSecretKey(publishableKey);
  /** @param {string} sealed */
  const send = (sealed) =>
    ask(`${baseOf(api)}/v1/payment_methods`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${publishableKey}` },
      body: formOf({ type: 'card', card: { sealed }, billing_details }),
    });
  const { sealed, card } = given;
  return sealed === undefined ? sendSealed({ api, publishableKey, card, send }) : send(sealed);
};

/** @type {typeof import('./seal.d.ts').sendSealed} */
export const sendSealed = async ({ api, publishableKey, card, send }) => {
  const seal = async () => sealCard({ key: await fetchVaultKey(api, publishableKey), card });
  try {
    return await send(await seal());
  } catch (error) {
    if (!(error instanceof TollgateError) || !error.param?.endsWith('[sealed]')) throw error;
    // The key ended early, or the time was misjudged. Nothing took effect, so once more, with what
    // the gateway says now.
    keys.delete(keyName(api, publishableKey));
    return send(await seal());
  }
};

/** @type {typeof import('./seal.d.ts').concatKdf} */
export const concatKdf = async (shared, { algorithm, bits, apu = '', apv = '' }) => {
  const round = concat(
    uint32(1),
    shared,
    counted(algorithm),
    counted(apu),
    counted(apv),
    uint32(bits),
  );
  const digest = await webCrypto().digest('SHA-256', round);
  round.fill(0);
  return new Uint8Array(digest, 0, bits / 8);
};

const webCrypto = () => {
  const subtle = globalThis.crypto?.subtle;
  if (subtle !== undefined) return subtle;
  throw new TollgateError(
    'insecure_context',
    'This browser offers no WebCrypto here: open the page over https, or from localhost.',
  );
};

const keyInvalid = () =>
  new TollgateError('key_invalid', 'This is not a key that cards can be sealed to.');

/** @param {string} key */
const refuseSecretKey = (key) => {
  if (/^[sr]k_/.test(key)) {
    throw new TollgateError(
      'secret_key',
      'A secret key must never be in a browser: use the publishable key, and replace the secret one.',
    );
  }
};

/**
 * @param {string} api
 * @param {string} publishableKey
 */
const keyName = (api, publishableKey) => `${baseOf(api)} ${publishableKey}`;

/**
 * @param {string} api
 * @param {string} publishableKey
 */
const askForKey = async (api, publishableKey) => {
  const [key, time] = await Promise.all([
    ask(`${baseOf(api)}/v1/vault/key`, { headers: { Authorization: `Bearer ${publishableKey}` } }),
    ask(`${baseOf(api)}/elements/time`),
  ]);
  return vaultKeyFrom(key, time.now);
};

/** @param {import('./seal.d.ts').VaultKey} key */
const isFresh = (key) => {
  const { deviceMs, monotonicMs } = key;
  const drift = Date.now() - deviceMs - (performance.now() - monotonicMs);
  const openMs = key.expires_at * 1000 - serverNow(key);
  return Math.abs(drift) <= DRIFT_MAX_MS && openMs > MESSAGE_VALID_MS;
};

/**
 * The gateway's time, whatever the payer's clock shows.
 *
 * @param {import('./seal.d.ts').VaultKey} key
 */
const serverNow = ({ serverMs, monotonicMs }) => serverMs + performance.now() - monotonicMs;

/**
 * The same errors as the API gives, where a look at the form is enough to know them.
 *
 * @param {import('./seal.d.ts').Card | undefined} card
 */
const readCard = (card) => {
  const number = textOf(card?.number).replace(/[\s-]/g, '');
  const exp_month = wholeNumber(card?.exp_month);
  const exp_year = wholeNumber(card?.exp_year);
  const cvc = card?.cvc === undefined ? undefined : textOf(card.cvc);
  const name = card?.name;

  if (!/^\d{12,19}$/.test(number)) {
    throw cardError('invalid_number', 'Your card number is incorrect.', 'number');
  }
  if (exp_month === null || exp_month > 12) {
    throw cardError(
      'invalid_expiry_month',
      "Your card's expiration month is invalid.",
      'exp_month',
    );
  }
  if (exp_year === null) {
    throw cardError('invalid_expiry_year', "Your card's expiration year is invalid.", 'exp_year');
  }
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc)) {
    throw cardError('invalid_cvc', "Your card's security code is invalid.", 'cvc');
  }
  if (name !== undefined && name.length > 200) {
    throw cardError('invalid_name', 'The name on the card is longer than 200 letters.', 'name');
  }
  // What is undefined is left out when it is written.
  return { number, exp_month, exp_year, cvc, name };
};

/**
 * @param {string} code
 * @param {string} message
 * @param {string} param
 */
const cardError = (code, message, param) =>
  new TollgateError(code, message, { type: 'card_error', param });

/** @param {string | number | undefined} value */
const textOf = (value) => `${value ?? ''}`.trim();

/** @param {string | number | undefined} value */
const wholeNumber = (value) => {
  const text = textOf(value);
  return /^\d{1,4}$/.test(text) ? Number(text) : null;
};

/**
 * @param {string} aud
 * @param {number} nowMs
 * @param {ReturnType<typeof readCard>} card
 */
const payloadOf = (aud, nowMs, card) => {
  const jti = base64url(randomBytes(16));
  const bytes = utf8(JSON.stringify({ aud, iat: Math.floor(nowMs / 1000), jti, card }));
  // Spaces after it are no part of a JSON text.
  const padded = new Uint8Array(Math.ceil(bytes.length / PADDING_BYTES) * PADDING_BYTES).fill(32);
  padded.set(bytes);
  bytes.fill(0);
  return padded;
};

/** @type {typeof import('./seal.d.ts').ask} */
export const ask = async (url, init) => {
  /** @type {Response} */
  let response;
  /** @type {any} */
  let body;
  try {
    response = await fetch(url, {
      ...init,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    body = await response.json().catch((error) => {
      // What is no JSON is told by its status; what broke off on the way is not.
      if (error instanceof SyntaxError) return null;
      throw error;
    });
  } catch {
    throw new TollgateError('connection_failed', 'The payment service could not be reached.', {
      type: 'connection_error',
    });
  }
  if (response.ok && body !== null) return body;
  const { status } = response;
  const { code, type = 'api_error', ...told } = body?.error ?? {};
  const message = told.message ?? `The payment service answered with status ${status}.`;
  const request_id = response.headers.get('Request-Id') ?? undefined;
  throw new TollgateError(code ?? type, message, { ...told, type, status, request_id });
};

/** @param {string} api */
const baseOf = (api) => api.replace(/\/+$/, '');

/** @type {typeof import('./seal.d.ts').formOf} */
export const formOf = (data) => {
  const form = new URLSearchParams();
  /**
   * @param {object} of
   * @param {(name: string) => string} spell
   */
  const add = (of, spell) => {
    for (const [name, value] of Object.entries(of)) {
      if (value === undefined || value === null) continue;
      if (typeof value === 'object') add(value, (inner) => `${spell(name)}[${inner}]`);
      else form.append(spell(name), `${value}`);
    }
  };
  add(data, (name) => name);
  return form;
};

/** @param {number} count */
const randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/** @param {string} text */
const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** @param {number} value */
const uint32 = (value) => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);

/** @param {string} text */
const counted = (text) => concat(uint32(utf8(text).length), utf8(text));

/** @param {Uint8Array[]} parts */
const concat = (...parts) => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
