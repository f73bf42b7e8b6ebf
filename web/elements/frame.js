// The card fields of a merchant's page: they stand in a frame of our own origin, and what is typed leaves it
// sealed to the vault or not at all. The page around gets events and answers of the API over a port that
// it was handed here, and never a digit.

import { cardFault, wireCardFields } from '../checkout/card-fields.js';
import * as rules from '../checkout/card-rules.js';
import { paintAppearance } from './appearance.js';
import { send } from './requests.js';
import { fetchVaultKey } from './seal.js';

/** @typedef {import('./frame.d.ts').Part} Part */
/** @typedef {import('./frame.d.ts').Typed} Typed */
/** @typedef {import('./frame.d.ts').Hello} Hello */
/** @typedef {import('./seal.d.ts').TollgateError} TollgateError */

/** @param {string} id */
const find = (id) => document.getElementById(id);
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement | null} */ (find(id));

/** @type {import('./frame.d.ts').FrameData} */
const { kind, texts } = JSON.parse(find('data')?.textContent ?? '{}');
const [number, expiry, cvc] = [input('number'), input('expiry'), input('cvc')];
const parts = /** @type {HTMLInputElement[]} */ ([number, expiry, cvc].filter(Boolean));
const form = document.forms[0];

/** @type {MessagePort | null} */
let port = null;
/** @type {Hello | null} */
let hello = null;
/** Of another frame's number, where the security code stands alone. */
let toldCvcLength = 3;

const digits = () => rules.digitsOf(number?.value ?? '');
const cvcLength = () => (number === null ? toldCvcLength : rules.cvcLengthOf(digits()));

/** @param {string} event @param {object} [detail] */
const tell = (event, detail = {}) => port?.postMessage({ event, detail });

// ---- what is wrong, in words and for programs ---------------------------------------------------------

/** @type {Readonly<Record<string, string>>} */
const codes = {
  needNumber: 'incomplete_number',
  shortNumber: 'incomplete_number',
  wrongNumber: 'invalid_number',
  needExpiry: 'incomplete_expiry',
  wrongExpiry: 'invalid_expiry_month',
  expired: 'invalid_expiry_year_past',
  needCvc: 'incomplete_cvc',
};

/** @param {Part} part @param {string} value */
const faultIn = (part, value) => {
  const fault = cardFault(part, value, cvcLength());
  if (fault === null) return null;
  const message = texts[fault].replace('{count}', `${cvcLength()}`);
  return { type: 'validation_error', code: codes[fault] ?? fault, message };
};

/** @param {HTMLInputElement} field */
const faultOf = ({ id, value }) => faultIn(/** @type {Part} */ (id), value.trim());

/** @param {HTMLInputElement} field @param {string | null} text */
const showFault = (field, text) => {
  const place = /** @type {HTMLElement} */ (find(`${field.id}-error`));
  if (text === null) field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
  place.textContent = text ?? '';
  place.hidden = text === null;
};

const tellChange = () => {
  const shown = parts.find((field) => field.ariaInvalid === 'true');
  tell('change', {
    elementType: kind,
    empty: parts.every(({ value }) => value === ''),
    complete: parts.every((field) => faultOf(field) === null),
    error: (shown && faultOf(shown)) ?? undefined,
    ...(number === null ? {} : { brand: rules.brandOf(digits()) }),
  });
};

const checkAll = () => {
  for (const field of parts) showFault(field, faultOf(field)?.message ?? null);
  tellChange();
  return parts.find((field) => faultOf(field) !== null) ?? null;
};

// ---- typing ---------------------------------------------------------------------------------------------

const showBrand = () => {
  find('brand')?.querySelector('use')?.setAttribute('href', `#b-${rules.brandOf(digits())}`);
  if (cvc !== null) cvc.maxLength = cvcLength();
  if (number !== null) askSiblings({ act: 'brand', cvcLength: cvcLength() });
};

wireCardFields({ number, expiry, cvc, cvcLength, onNumber: showBrand });

for (const field of parts) {
  field.addEventListener('input', () => {
    showFault(field, null);
    tellChange();
  });
  field.addEventListener('focus', () => tell('focus', { elementType: kind }));
  field.addEventListener('blur', ({ relatedTarget }) => {
    if (field.value !== '') showFault(field, faultOf(field)?.message ?? null);
    tellChange();
    // From one field of this frame to the next is no leaving.
    if (relatedTarget === null) tell('blur', { elementType: kind });
  });
  field.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') tell('escape', { elementType: kind });
  });
}
form?.addEventListener('submit', (event) => {
  event.preventDefault();
  tell('submit', { elementType: kind });
});

// ---- the other frames of the same card --------------------------------------------------------------------

/** Only frames of our own origin hear it, whoever else stands in the page. @param {object} message @param {() => MessagePort[]} [ports] */
const askSiblings = (message, ports = () => []) => {
  for (let at = 0; at < parent.length; at += 1) {
    const other = parent[at];
    if (other === undefined || other === window) continue;
    other.postMessage({ ...message, group: hello?.group }, location.origin, ports());
  }
};

/** @returns {Typed} */
const typedHere = () => ({
  ...(number && { number: digits() }),
  ...(expiry && { expiry: expiry.value }),
  ...(cvc && { cvc: cvc.value }),
});

/** What was typed in this frame and those beside it. @param {readonly Part[]} beside @returns {Promise<Typed>} */
const typedEverywhere = (beside) =>
  new Promise((resolve, reject) => {
    /** @type {Typed} */
    let typed = typedHere();
    const missing = () => beside.find((part) => !(part in typed));
    const own = checkAll();
    if (own !== null) {
      own.focus();
      return reject(faultOf(own));
    }
    if (!missing()) return resolve(typed);
    // A card is not sent without the code that was typed for it: fields beside this one have ten seconds to answer.
    setTimeout(() => reject(faultIn(missing() ?? 'cvc', '')), 10_000);
    askSiblings({ act: 'ask' }, () => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener('message', ({ data }) => {
        if (data.fault) reject(data.fault);
        typed = { ...typed, ...data.typed };
        if (!missing()) resolve(typed);
      });
      port1.start();
      return [port2];
    });
  });

/** @param {MessageEvent} event */
const hearSibling = ({ data, ports: [answer] }) => {
  if (hello === null || data.group !== hello.group) return;
  if (data.act === 'clearCode') clearCode();
  // Two that have a number would tell each other for ever.
  if (data.act === 'brand' && number === null) {
    toldCvcLength = data.cvcLength;
    showBrand();
  }
  if (data.act !== 'ask' || answer === undefined) return;
  const wrong = checkAll();
  wrong?.focus();
  answer.postMessage(wrong === null ? { typed: typedHere() } : { fault: faultOf(wrong) }, []);
};

/** @param {readonly Part[]} beside @returns {Promise<import('./seal.d.ts').Card>} */
const readCard = async (beside) => {
  const { number: typed = '', expiry: date = '', cvc: code } = await typedEverywhere(beside);
  const { month, year } = rules.readExpiry(date, new Date());
  return { number: typed, exp_month: month, exp_year: year, cvc: code };
};

// ---- what the page around may ask for ---------------------------------------------------------------------

/** @type {Readonly<Record<string, (given: any) => unknown>>} */
const acts = {
  update: ({ options, appearance }) => {
    if (appearance) paintAppearance(appearance);
    showBrand();
    show(options ?? {});
  },
  focus: () => parts.find(({ value }) => value === '')?.focus() ?? parts[0]?.focus(),
  blur: () => /** @type {HTMLElement | null} */ (document.activeElement)?.blur(),
  clear: () => {
    for (const field of parts) field.value = '';
    for (const field of parts) showFault(field, null);
    showBrand();
    tellChange();
  },
  send: async ({ what, withCard, beside, params, secret }) => {
    const card = withCard ? await readCard(beside) : undefined;
    try {
      return await send({ key: hello?.key ?? '', what, card, params, secret, texts });
    } catch (error) {
      // After a no of the bank the security code has to be typed again, and nothing else.
      if (/** @type {TollgateError} */ (error).type === 'card_error') forgetCode();
      throw error;
    }
  },
};

const forgetCode = () => {
  clearCode();
  askSiblings({ act: 'clearCode' });
};

const clearCode = () => {
  if (cvc === null) return;
  cvc.value = '';
  tellChange();
};

/** @param {{ disabled?: boolean, hideIcon?: boolean }} options */
const show = ({ disabled, hideIcon }) => {
  for (const field of parts) if (disabled !== undefined) field.disabled = disabled;
  if (hideIcon !== undefined) find('brand')?.toggleAttribute('hidden', hideIcon);
};

/** @param {MessageEvent} event */
const hearPage = async ({ data: { id, act, given } }) => {
  try {
    port?.postMessage({ id, value: await acts[act]?.(given ?? {}) });
  } catch (error) {
    const { message, ...more } = /** @type {TollgateError} */ (error);
    port?.postMessage({ id, error: { ...more, message } });
  }
};

addEventListener('message', (event) => {
  if (event.origin === location.origin && event.source !== parent) return hearSibling(event);
  const isOurs = event.source === parent && event.origin === new URLSearchParams(location.search).get('of');
  const [given] = event.ports;
  if (!isOurs || event.data?.act !== 'connect' || given === undefined || port !== null) return;
  port = given;
  hello = event.data;
  port.addEventListener('message', (message) => void hearPage(message));
  port.start();
  acts['update']?.(event.data);
  const tellHeight = () => tell('height', { height: document.documentElement.offsetHeight });
  new ResizeObserver(tellHeight).observe(document.documentElement);
  tell('ready', { elementType: kind, title: document.title });
  tellHeight();
  // While the payer types. What goes wrong here is told when it is needed.
  if (parts.length > 0) fetchVaultKey(location.origin, event.data.key).catch(() => {});
});
showBrand();
