// Runs the page of a checkout. The page is complete without it: this formats and checks what is typed,
// seals the card before it leaves, frames the bank's question, and follows the state of the payment. What
// the state is it never decides: it asks, and lets the server draw the page again.

import { sealCard, vaultKeyFrom } from '../elements/seal.js';
import { cardFault, wireCardFields } from './card-fields.js';
import * as rules from './card-rules.js';
import { prove } from './proof.js';

/** @typedef {import('./checkout.d.ts').PageData} PageData */
/** @typedef {import('./checkout.d.ts').State} State */

const REQUEST_LIMIT_MS = 45_000;
/** A question is asked again; what is sent is not. */
const QUESTION_LIMIT_MS = 10_000;
const POLL_MS = 2_000;
const POLL_WHILE_ASKED_MS = 1_000;
const WATCH_MS = 8_000;
/** Long enough to read why, before the page shows the new amount. */
const REREAD_MS = 4_000;
const GO_ON_MS = 4_000;
/** Whoever is still here so long after they left has stopped it, or nothing came. */
const LEAVING_MS = 10_000;
const TO_BANK_MS = 30_000;
const EXPIRY_TOLD_MS = 120_000;
/** The vault refuses what is older; a page that lay open so long asks for the key of today. */
const KEY_MARGIN_S = 900;

/** @param {string} id */
const find = (id) => document.getElementById(id);
/** @param {string} id @returns {HTMLInputElement | null} */
const input = (id) => /** @type {HTMLInputElement | null} */ (find(id));

/** @type {PageData} */
const data = JSON.parse(find('data')?.textContent ?? '{}');
const { texts, urls } = data;
const statePath = `${urls.page}/state`;
const confirmPath = `${urls.page}/confirm`;
const form = /** @type {HTMLFormElement | null} */ (find('pay'));
const go = /** @type {HTMLButtonElement | null} */ (find('go'));
const dialog = /** @type {HTMLDialogElement | null} */ (find('bank'));
let attempt = data.attempt;
let status = data.status;
/** This window sent the card, so it goes back to the shop by itself. */
let isMine = new URLSearchParams(location.search).has('paid');
let isSending = false;
/** What was sent was not answered, so what is asked since says what became of it. */
let isLost = false;
/** Choices of this payer that change the amount: with the first of them the page will be drawn anew. */
let chosen = 0;
/** Requests of this window that do something, and are not answered yet. */
let underWay = 0;
/** How often something new was learned of the payment. */
let learned = 0;

/** @param {string} text */
const say = (text) => {
  const live = find('say');
  if (live !== null) live.textContent = text;
};

/** @param {string} text @param {Record<string, string>} values */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// ---- fields ---------------------------------------------------------------------------------------

const number = input('number');
const expiry = input('expiry');
const cvc = input('cvc');
const cardDigits = () => rules.digitsOf(number?.value ?? '');

/** @param {HTMLElement} field @param {string | null} text */
const showError = (field, text) => {
  const place = find(`${field.id}-error`);
  if (text === null) field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
  if (place === null) return;
  place.textContent = text ?? '';
  place.hidden = text === null;
};

/** What is wrong with a field, in words; null when nothing is. @param {HTMLInputElement} field */
const faultOf = (field) => {
  // What is not shown is not asked.
  if (field.offsetParent === null) return null;
  const value = field.value.trim();
  if (field.id === 'number' || field.id === 'expiry' || field.id === 'cvc') {
    const count = rules.cvcLengthOf(cardDigits());
    const fault = cardFault(field.id, value, count);
    return fault === null ? null : fill(texts[fault], { count: `${count}` });
  }
  if (field.type === 'checkbox') return field.required && !field.checked ? texts.needTerms : null;
  if ((field.required || field.ariaRequired) && value === '') return field.type === 'email' ? texts.needEmail : texts.needRequired;
  if (value !== '' && field.type === 'email' && !/^\S+@\S+\.\S+$/.test(value)) return texts.needEmail;
  if (value !== '' && field.minLength > value.length) return texts.needRequired;
  return null;
};

const showBrand = () => {
  const brand = rules.brandOf(cardDigits());
  find('brand')?.querySelector('use')?.setAttribute('href', `#b-${brand}`);
  const count = rules.cvcLengthOf(cardDigits());
  find('cvc-picture')?.classList.toggle('four', count === 4);
  if (cvc !== null) cvc.maxLength = count;
  const hint = find('cvc-hint');
  if (hint !== null) hint.textContent = count === 4 ? texts.cvcHintFront : texts.cvcHint;
};

wireCardFields({ number, expiry, cvc, cvcLength: () => rules.cvcLengthOf(cardDigits()), onNumber: showBrand });

/** @returns {HTMLInputElement[]} */
const fields = () =>
  form === null
    ? []
    : /** @type {HTMLInputElement[]} */ (
        [...form.elements].filter((element) => element.matches('input:not([type=hidden],[type=radio]),select'))
      );

/** @returns {HTMLInputElement[]} */
const ways = () => [...document.querySelectorAll('input[name="method"]')].map((way) => /** @type {HTMLInputElement} */ (way));

const isByCard = () => ways().every((way) => way.value === 'card' || (way.type === 'radio' && !way.checked));

// ---- leaving --------------------------------------------------------------------------------------

// Between a click and the next page this one goes on. A reload of its own would begin the way anew, or end that of
// the payer: the link that was pressed would lead nowhere.
let leftAtMs = Number.NEGATIVE_INFINITY;
const isLeaving = () => performance.now() - leftAtMs < LEAVING_MS;
const leaves = () => {
  leftAtMs = performance.now();
};
addEventListener('beforeunload', leaves);

/** @param {() => void} go */
const leave = (go) => {
  if (isLeaving()) {
    setTimeout(leave, LEAVING_MS, go);
    return;
  }
  leaves();
  go();
};

// What is typed outlives the reload that follows, in this window's history, and so does the place of the payer;
// a card never does, and what the server decides comes from the server.
const drawAgain = (at = location.href) => {
  const typed = [...fields(), ...ways()].filter((field) => !field.matches('[name^="card["],[data-again]'));
  const kept = typed.map(({ id, value, checked }) => ({ id, value, checked }));
  leave(() => {
    history.replaceState({ kept, focused: document.activeElement?.id }, '', at);
    location.reload();
  });
};
const { kept = [], focused = '', isPaying = false } = history.state ?? {};
isMine ||= isPaying;
for (const { id, value, checked } of kept) {
  const field = input(id);
  if (field !== null) Object.assign(field, { value, checked });
}
history.replaceState(null, '');

/** @param {EventTarget | null} next */
const isPressed = (next) => next instanceof HTMLElement && next.matches('button,[type=checkbox],[type=radio]');

for (const field of fields()) {
  field.addEventListener('input', () => showError(field, null));
  field.addEventListener('change', () => field.type === 'checkbox' && showError(field, null));
  field.addEventListener('blur', (event) => {
    // An empty field is told of on paying, not on passing; and what is pressed keeps its place under a finger.
    const next = /** @type {FocusEvent} */ (event).relatedTarget;
    if (field.value === '' || isPressed(next)) return;
    const fault = faultOf(field);
    showError(field, fault);
    if (fault !== null) say(fault);
  });
}

// ---- paying ---------------------------------------------------------------------------------------

/** @param {boolean} on */
const busy = (on) => {
  isSending = on;
  if (go === null) return;
  go.toggleAttribute('aria-disabled', on);
  go.setAttribute('aria-busy', `${on}`);
  if (on) say(texts.processing);
};

/** @param {string | null} text @param {{ more?: string, wait?: boolean }} [how] */
const showNotice = (text, { more = '', wait = false } = {}) => {
  const notice = find('notice');
  if (notice === null) return;
  notice.hidden = text === null;
  notice.classList.toggle('wait', wait);
  const [first, second] = [find('notice-text'), find('notice-more')];
  if (first !== null) first.textContent = text ?? '';
  if (second !== null) second.textContent = more;
  if (text === null) return;
  say(`${text} ${more}`);
  notice.focus();
};

const checkForm = () => {
  /** @type {HTMLInputElement | null} */
  let first = null;
  for (const field of fields()) {
    const fault = faultOf(field);
    showError(field, fault);
    if (fault !== null) first ??= field;
  }
  if (first === null) return true;
  say(faultOf(first) ?? '');
  first.focus();
  return false;
};

/** The key that came with the page, or today's when the page has been open for long. */
const vaultKey = async () => {
  const given = data.vaultKey;
  if (given !== null && performance.now() < 3_600_000) {
    const age = performance.now() / 1000;
    if (given.expires_at - given.now - age > KEY_MARGIN_S) return vaultKeyFrom(given, given.now + age);
  }
  const fresh = (await ask(statePath)).vaultKey;
  if (!fresh) throw new Error('no key');
  return vaultKeyFrom(fresh, fresh.now);
};

/** What goes out has no card field in it: the sealed card stands in their place. */
const formData = async () => {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(/** @type {HTMLFormElement} */ (form))) {
    if (!name.startsWith('card[') && name !== 'do' && typeof value === 'string') body.append(name, value);
  }
  body.set('attempt', attempt);
  if (!isByCard()) return body;
  const { month, year } = rules.readExpiry(expiry?.value ?? '', new Date());
  const holder = input('holder')?.value.trim();
  if (holder) body.set('card[name]', holder);
  const card = { number: cardDigits(), exp_month: month, exp_year: year, cvc: cvc?.value };
  body.set('card[sealed]', await sealCard({ key: await vaultKey(), card }));
  return body;
};

/** @param {string} url @param {{ body?: URLSearchParams, proof?: string }} [sent] @returns {Promise<State>} */
const ask = async (url, { body, proof } = {}) => {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Accept: 'application/json', ...(proof === undefined ? {} : { 'Tollgate-Proof': proof }) },
    ...(body === undefined ? {} : { body }),
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(body === undefined ? QUESTION_LIMIT_MS : REQUEST_LIMIT_MS),
  });
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  return response.json();
};

/** Does something; null where something newer than its answer was learned meanwhile. @param {URLSearchParams} body @param {string} [proof] */
const send = async (body, proof) => {
  const before = learned;
  underWay += 1;
  try {
    const state = await ask(confirmPath, { body, proof });
    return learned === before ? state : null;
  } finally {
    underWay -= 1;
  }
};

/** @param {SubmitEvent} event */
const submit = async (event) => {
  const by = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (by !== null && by.value === 'update') return;
  event.preventDefault();
  if (isSending || chosen > 0 || !checkForm()) return;
  showNotice(null);
  busy(true);
  /** @type {URLSearchParams} */
  let body;
  try {
    body = await formData();
  } catch {
    busy(false);
    showNotice(globalThis.crypto?.subtle === undefined ? texts.unsupported : texts.technical, { more: texts.notCharged });
    return;
  }
  isMine = true;
  try {
    const state = await send(body);
    // Refused before the card was looked at. A sealed card is opened once, so it is sealed anew.
    const last = state?.proof ? await send(await formData(), await prove(state.proof)) : state;
    if (last !== null) take(last);
  } catch {
    // It may have arrived. Nobody is told that it failed, and nothing is sent again but the question.
    isLost = true;
    showNotice(texts.lost, { wait: true });
    void follow();
  }
};
form?.addEventListener('submit', (event) => void submit(event));

/** What the server says of the payment. @param {State} state */
const take = (state) => {
  learned += 1;
  isLost = false;
  attempt = state.attempt ?? attempt;
  const before = status;
  status = state.status;
  // To a bank's own page this window goes, and not again when its payer has come back by the browser's button.
  if (status === 'action' && state.away === true) {
    const { action } = state;
    if (isSending && action) {
      leave(() => location.assign(action));
      setTimeout(redraw, TO_BANK_MS);
    } else if (before !== status) redraw();
    return;
  }
  if (status === 'action' && state.action && dialog !== null) {
    openBank();
    return;
  }
  closeBank();
  if (status === 'open') {
    // Drawn while something was under way, this page has no form to go on with.
    if (form === null) {
      redraw();
      return;
    }
    if (state.total !== undefined && state.total !== field('expected_amount')?.value) {
      busy(false);
      showNotice(texts.amountChanged, { more: texts.notCharged });
      setTimeout(drawAgain, REREAD_MS);
      return;
    }
    if (state.declined) showDecline(state.declined);
    else if (before !== 'open') drawAgain();
    else if (isSending) showNotice(null);
    busy(false);
    return;
  }
  // Everything else is a page of its own, which the server draws.
  if (before !== status || isSending) redraw();
};

const redraw = () => {
  const at = new URL(location.href);
  if (isMine && status === 'complete') at.searchParams.set('paid', '');
  leave(() => {
    // Whoever hears the page is told its new heading.
    history.replaceState({ focused: 'state', isPaying: isMine }, '', at);
    location.reload();
  });
};

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement | null} */ (form?.elements.namedItem(name) ?? null);

/** The form stays as it is; only the security code has to be typed again. @param {NonNullable<State['declined']>} declined */
const showDecline = (declined) => {
  const text = data.declines[declined.class] ?? texts.technical;
  if (cvc !== null) cvc.value = '';
  const at = declined.field === null ? null : input(declined.field === 'postal_code' ? 'billing-postal_code' : declined.field);
  if (at === null) {
    showNotice(text, { more: texts.notCharged });
    return;
  }
  showNotice(null);
  showError(at, text);
  say(`${text} ${texts.notCharged}`);
  at.focus();
  at.select();
};

// ---- the bank's question --------------------------------------------------------------------------

const openBank = () => {
  if (dialog === null || dialog.open) return;
  const place = find('bank-frame');
  const frame = document.createElement('iframe');
  frame.title = find('bank-title')?.textContent ?? '';
  frame.setAttribute('sandbox', 'allow-forms allow-scripts allow-same-origin');
  frame.src = `${urls.page}/bank`;
  place?.replaceChildren(frame);
  dialog.showModal();
  find('bank-title')?.focus();
  say(find('bank-title')?.textContent ?? '');
  void follow();
};

const closeBank = () => {
  if (dialog === null || !dialog.open) return;
  find('bank-frame')?.replaceChildren();
  dialog.close();
};

const abandon = async () => {
  const cancel = /** @type {HTMLButtonElement | null} */ (find('bank-cancel'));
  // Sent twice, the second could come late and end the question after this one.
  if (cancel === null || cancel.disabled) return;
  cancel.disabled = true;
  try {
    const state = await send(new URLSearchParams({ do: 'abandon', attempt }));
    if (state !== null) take(state);
    if (state?.status === 'open' && form !== null) number?.focus();
  } catch {
    void follow();
  }
  cancel.disabled = false;
};
find('bank-cancel')?.addEventListener('click', () => void abandon());
dialog?.addEventListener('cancel', (event) => {
  event.preventDefault();
  void abandon();
});
// Browsers close it by Escape without asking the page, at the second time or at the first. The question is still there.
dialog?.addEventListener('close', () => {
  if (status !== 'action' || !find('bank-frame')?.hasChildNodes()) return;
  dialog.showModal();
  void abandon();
});
find('bank-open')?.addEventListener('click', (event) => {
  event.preventDefault();
  openBank();
});

// ---- following the state --------------------------------------------------------------------------

const isOver = () => ['complete', 'expired', 'locked', 'used_up'].includes(status);

// An answer may be older than what was learned since it was asked for: it is let go, and asked for again. What was
// known already is no news, and no decline is told twice: the code that was typed since would be taken away, or a
// payer whose card is just being tried told that it was not charged.
const hear = async () => {
  const [before, wasLost] = [learned, isLost];
  const state = await ask(statePath).catch(() => null);
  if (state === null || learned !== before || isLeaving()) return;
  // Whoever waits for the answer to what they sent waits here: after a decline the form is as they left it.
  if (state.status === 'processing' && underWay > 0) return;
  if (state.status !== status || wasLost) take(state);
};

let isFollowing = false;
/** Asks, for as long as something is under way: an open connection says nothing of a lost event. */
const follow = async () => {
  if (isFollowing) return;
  isFollowing = true;
  while (!isOver()) {
    const pause = dialog?.open || isSending ? POLL_WHILE_ASKED_MS : POLL_MS * (document.hidden ? 5 : 1);
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (!navigator.onLine) continue;
    await hear();
    if (status === 'open' && !isSending && dialog?.open !== true && !document.hidden) break;
  }
  isFollowing = false;
};

// Events only ring, and the state is asked for: one that was on its way may be older than an answer. Another window
// may pay meanwhile, or the shop end the session. Where no events come, it is asked, seldom.
const listen = () => {
  const events = new EventSource(`${urls.page}/events`);
  events.addEventListener('message', (event) => {
    if (JSON.parse(event.data).status !== status) void hear();
  });
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED || isOver()) return;
    setTimeout(() => void hear().then(listen), WATCH_MS);
  });
};

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !isOver()) void hear();
});
// Back shows a page out of memory, which may be long past.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

if (!isOver()) listen();
if (!isOver() && status !== 'open') void follow();
if (status === 'action' && urls.action !== null) openBank();

// ---- around it ------------------------------------------------------------------------------------

const showOffline = () => {
  const place = find('offline');
  if (place === null) return;
  place.hidden = navigator.onLine;
  if (!navigator.onLine) say(place.textContent ?? '');
};
addEventListener('offline', showOffline);
addEventListener('online', showOffline);
showOffline();

for (const button of document.querySelectorAll('[data-card]')) {
  button.addEventListener('click', () => {
    const digits = button.getAttribute('data-card') ?? '';
    if (number === null || expiry === null || cvc === null) return;
    input('m-card')?.click();
    number.value = rules.groupNumber(digits);
    expiry.value = '12 / 34';
    showBrand();
    cvc.value = '1234'.slice(0, rules.cvcLengthOf(digits));
    const email = input('email');
    if (email !== null && email.value === '') email.value = 'jenny@example.com';
    const holder = input('holder');
    if (holder !== null && holder.value === '') holder.value = 'Jenny Rosen';
    const country = input('billing-country');
    if (country !== null && country.value === '') country.value = 'US';
    const code = input('billing-postal_code');
    if (code !== null && code.value === '') code.value = '10001';
    for (const field of [number, expiry, cvc, email, holder]) if (field !== null) showError(field, null);
    const strip = button.closest('details');
    if (strip !== null) strip.open = false;
    go?.focus();
    go?.scrollIntoView({ block: 'nearest' });
  });
}

// A quantity or a way of delivery changes the amount, and the amount is the server's business.
let updates = Promise.resolve();
for (const field of document.querySelectorAll('[data-again]')) {
  // Enter in any field presses the first button of the form, hidden or not: it has to be the one that seals and pays.
  field.parentElement?.querySelector('[value=update]')?.remove();
  const update = async () => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(/** @type {HTMLFormElement} */ (form))) {
      if (!name.startsWith('card[') && typeof value === 'string') body.append(name, value);
    }
    body.set('do', 'update');
    await ask(confirmPath, { body }).catch(() => {});
  };
  // One after the other, and the page is drawn with the last: the reload of one would end the next on its way.
  /** @param {number} mine @param {Promise<void>} before */
  const updateAfter = async (mine, before) => {
    await before;
    if (mine === chosen) await update();
    if (mine === chosen) drawAgain();
  };
  field.addEventListener('change', () => {
    if (form === null || isSending) return;
    chosen += 1;
    updates = updateAfter(chosen, updates);
  });
}

const languages = /** @type {HTMLFormElement | null} */ (find('languages'));
find('lang')?.addEventListener('change', () => {
  const at = new URL(location.href);
  at.searchParams.set('lang', input('lang')?.value ?? '');
  drawAgain(at.href);
});
const languageButton = languages?.querySelector('button');
if (languageButton) languageButton.hidden = true;

for (const time of document.querySelectorAll('time')) {
  const at = new Date(time.dateTime);
  const locale = `${data.language}-u-nu-latn`;
  time.textContent = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(at);
}
for (const button of document.querySelectorAll('[data-copy]')) {
  if (!(button instanceof HTMLElement) || !navigator.clipboard) continue;
  button.hidden = false;
  const copy = async () => {
    await navigator.clipboard.writeText(find(button.dataset.copy ?? '')?.textContent ?? '');
    button.textContent = texts.copied;
    say(texts.copied);
    setTimeout(() => (button.textContent = texts.copy), 2_000);
  };
  button.addEventListener('click', () => void copy());
}
const print = find('print');
if (print !== null) {
  print.hidden = false;
  print.addEventListener('click', () => globalThis.print());
}

/** Only in the window that paid, and not when the payer wants to stay. */
const goOn = () => {
  const { success } = urls;
  const going = find('going');
  if (!isMine || success === null || going === null) return;
  // Coming back to this address later is no reason to leave again.
  history.replaceState(null, '', location.pathname);
  going.hidden = false;
  const text = find('going-text');
  if (text !== null) text.textContent = texts.goingOn;
  const timer = setTimeout(() => leave(() => location.assign(success)), GO_ON_MS);
  find('stay')?.addEventListener('click', () => {
    clearTimeout(timer);
    going.hidden = true;
  });
};
if (status === 'complete') goOn();

const tellExpiry = () => {
  const left = data.expiresAtMs - Date.now();
  const notice = find('notice');
  if (notice === null || isSending) return;
  if (left <= 0) {
    void hear();
    return;
  }
  if (left > EXPIRY_TOLD_MS) {
    setTimeout(tellExpiry, Math.min(left - EXPIRY_TOLD_MS + 500, 2_000_000_000));
    return;
  }
  const seconds = Math.ceil(left / 1000);
  const time = `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`;
  if (notice.hidden || notice.classList.contains('wait')) {
    notice.hidden = false;
    notice.classList.add('wait');
    const place = find('notice-text');
    if (place !== null) place.textContent = fill(texts.expiresSoon, { time });
  }
  setTimeout(tellExpiry, 1_000);
};
if (status === 'open') tellExpiry();
if (number !== null) {
  if (number.value !== '') number.value = rules.groupNumber(cardDigits());
  showBrand();
}
// From here on this checks the form, in the payer's language; before, the browser did.
if (form !== null) form.noValidate = true;
// Where the payer was, or what the server found wrong: a page that is drawn anew begins nowhere by itself.
const place = input(focused) ?? document.querySelector('.field [aria-invalid=true],#notice:not([hidden])');
if (place instanceof HTMLElement) {
  place.focus();
  place.scrollIntoView({ block: 'center' });
}
