export { cardName, day, moment, money } from './format.ts';
export { oneLine, type WrittenMail } from './layout.ts';
export {
  type Accent,
  type FailureReason,
  type Letter,
  type Letters,
  type PaidWith,
  type Sender,
  type TemplateName,
  templateNames,
} from './letter.ts';
export { directionOf, type Locale, localeFor, locales, wordsOf } from './locales.ts';
export { allSamples, samples } from './samples.ts';
export { fill } from './words.ts';
export { writeMail } from './write-mail.ts';
