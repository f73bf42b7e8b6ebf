// Each class of refusal in words, and the field it points to. What the merchant's own classes do not
// say here they do not say at all: reasons of fraud share one sentence.

import type { DeclineClass, Declined, PageView } from '../page-view.ts';
import type { TextKey } from './locales/en.ts';
import type { Words } from './words.ts';

const keys: Readonly<Record<DeclineClass, TextKey>> = {
  funds: 'funds',
  data_number: 'dataNumber',
  data_cvc: 'dataCvc',
  data_expiry: 'dataExpiry',
  data_postal: 'dataPostal',
  auth_needed: 'authNeeded',
  auth_failed: 'authFailed',
  call_bank: 'callBank',
  not_allowed: 'notAllowed',
  velocity: 'velocity',
  hard_stop: 'hardStop',
  technical: 'technical',
  missing: 'needRequired',
  away_failed: 'awayDeclined',
  away_expired: 'awayExpired',
};

/** Where no payment is made none was declined. */
const saveKeys: typeof keys = {
  ...keys,
  call_bank: 'callBankSave',
  not_allowed: 'notAllowedSave',
};

export const declineKeysOf = (mode: PageView['mode']): typeof keys =>
  mode === 'setup' ? saveKeys : keys;

export const refusalText = (
  declined: Pick<Declined, 'class'>,
  mode: PageView['mode'],
  { say }: Words,
): string => say(declineKeysOf(mode)[declined.class]);

/** The id of the field in the form. */
export const refusalField = ({ field }: Pick<Declined, 'field'>): Declined['field'] => field;
