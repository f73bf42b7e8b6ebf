export { cardName, moment, money } from './format.ts';
export { oneLine } from './layout.ts';
export {
  type FailureReason,
  type Letter,
  type PaidWith,
  type Sender,
  templateNames,
} from './letter.ts';
export { directionOf, type Locale, localeFor, locales, wordsOf } from './locales.ts';
export { samples } from './samples.ts';
export { fill } from './words.ts';
export { writeMail } from './write-mail.ts';
