// Formats the fields of a card while they are typed, on the page of a checkout and in the frame of a
// merchant's page alike: groups, the caret behind the digit it stood behind, and on to the next field
// only where nothing can be added any more.

import * as rules from './card-rules.js';

/** @type {typeof import('./card-fields.d.ts').wireCardFields} */
export const wireCardFields = ({ number, expiry, cvc, cvcLength, onNumber }) => {
  number?.addEventListener('input', (event) => {
    const caret = caretOf(number);
    const digits = rules.digitsOf(number.value);
    write(number, rules.groupNumber(digits.slice(0, rules.digitsMax(digits))), caret.digits);
    onNumber();
    const isWhole = rules.isSurelyComplete(rules.digitsOf(number.value));
    if (isWhole && wasTypedOn(event, caret.isAtEnd)) expiry?.focus();
  });

  expiry?.addEventListener('input', (event) => {
    const { isAtEnd } = caretOf(expiry);
    const isDeleting = event instanceof InputEvent && event.inputType.startsWith('delete');
    // Deleting the stroke takes the last digit of the month along, so that it can be left that way.
    const isStroke = isDeleting && /^\d\d ?\/? ?$/.test(expiry.value) && expiry.value.length > 2 && expiry.value.length < 5;
    const text = isStroke ? expiry.value.slice(0, 1) : expiry.value;
    const value = isAtEnd || /\d{4}/.test(text) ? rules.formatExpiry(text, isDeleting) : text;
    write(expiry, value, value.length);
    const isWhole = /^\d\d \/ \d\d$/.test(value) && !value.endsWith('/ 20');
    const isGood = isWhole && rules.readExpiry(value, new Date()).fault === null;
    if (isGood && wasTypedOn(event, isAtEnd)) cvc?.focus();
  });

  cvc?.addEventListener('input', () => {
    const value = rules.digitsOf(cvc.value).slice(0, cvcLength());
    if (value !== cvc.value) cvc.value = value;
  });
};

/** @type {typeof import('./card-fields.d.ts').cardFault} */
export const cardFault = (field, value, cvcLength) => {
  switch (field) {
    case 'number':
      return rules.numberFault(rules.digitsOf(value));
    case 'expiry':
      return rules.readExpiry(value, new Date()).fault;
    case 'cvc':
      return value.length === cvcLength ? null : 'needCvc';
  }
};

/** @param {HTMLInputElement} field @param {string} value @param {number} digitsBefore */
const write = (field, value, digitsBefore) => {
  if (field.value === value) return;
  field.value = value;
  if (document.activeElement !== field) return;
  const at = rules.caretAfter(value, digitsBefore);
  field.setSelectionRange(at, at);
};

/** @param {HTMLInputElement} field */
const caretOf = (field) => {
  const at = field.selectionStart ?? field.value.length;
  return { isAtEnd: at === field.value.length, digits: rules.digitsOf(field.value.slice(0, at)).length };
};

/** Only when it was typed at the end: never after deleting, never in the middle of an edit. @param {Event} event @param {boolean} isAtEnd */
const wasTypedOn = (event, isAtEnd) =>
  isAtEnd && event instanceof InputEvent && /^insert(Text|FromPaste|CompositionText)/.test(event.inputType);
