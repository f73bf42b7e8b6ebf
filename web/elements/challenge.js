// Around the question of a card's bank, over the merchant's page: frames it, lets the payer give up, and asks
// the API what came of it. What the bank's page sends by the browser is not looked at.

import { inTheirWords, isUndecided, retrieve } from './requests.js';

const ASK_AGAIN_MS = 1_000;
/** A bank's answer to the payment itself comes within seconds; what takes longer is told by webhook. */
const PROCESSING_ROUNDS_MAX = 10;
const FIRST_ROUNDS_MAX = 5;

/** @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const cancel = /** @type {HTMLButtonElement} */ (find('cancel'));

/** @param {MessagePort} port @param {{ key: string, secret: string }} of */
const run = async (port, { key, secret }) => {
  const first = await begun(key, secret);
  const url = first.next_action?.use_stripe_sdk?.stripe_js;
  if (first.status === 'requires_action' && url !== undefined) {
    const { pathname } = new URL(url);
    const frame = document.createElement('iframe');
    frame.title = document.title;
    frame.setAttribute('sandbox', 'allow-forms allow-scripts allow-same-origin');
    frame.src = pathname;
    find('bank').replaceChildren(frame);
    const giveUp = async () => {
      cancel.disabled = true;
      await fetch(`${pathname}/abandon`, { method: 'POST' }).catch(() => {});
    };
    cancel.addEventListener('click', () => void giveUp());
    port.addEventListener('message', () => void giveUp());
    port.start();
  }
  const value = await ended(key, secret, first);
  const refusal = value.last_payment_error ?? value.last_setup_error;
  if (refusal) await inTheirWords(refusal, secret, true);
  port.postMessage({ value });
};

/** One question that is lost is no end of what the bank asks. @param {string} key @param {string} secret @returns {Promise<any>} */
const begun = async (key, secret, rounds = 1) => {
  try {
    return await retrieve(key, secret);
  } catch (error) {
    if (!isUndecided(error) || rounds >= FIRST_ROUNDS_MAX) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  return begun(key, secret, rounds + 1);
};

/** @param {string} key @param {string} secret @param {any} first */
const ended = async (key, secret, first) => {
  let now = first;
  for (let rounds = 0; rounds < PROCESSING_ROUNDS_MAX; ) {
    if (now.status !== 'requires_action' && now.status !== 'processing') return now;
    if (now.status === 'processing') rounds += 1;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    // A question that was not answered is asked again: nothing is known by it.
    now = await retrieve(key, secret).catch(() => now);
    if (now.status === 'requires_action') cancel.disabled = false;
  }
  return now;
};

let isRunning = false;
addEventListener('message', (event) => {
  const of = new URLSearchParams(location.search).get('of');
  const [port] = event.ports;
  if (event.source !== parent || event.origin !== of || port === undefined || isRunning) return;
  isRunning = true;
  run(port, event.data).catch(({ message, ...more }) => port.postMessage({ error: { ...more, message } }));
});
find('title').focus();
