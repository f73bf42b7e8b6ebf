// A dispute about an operation is a yes to it: what its holder contests had been taken from them. Where the bank has taken
// that back for them, the yes says so: the money is with the bank then, for as long as it is contested.

import type { Change } from './record-evidence.ts';

/** Codes of such a yes. */
export const CHARGED_BACK = 'charged_back';
/** An inquiry: the money is where it was. */
export const ASKED_ABOUT = 'asked_about';

type Told = Pick<Change, 'evidence'>;

const says = ({ evidence }: Told, code: string): boolean =>
  evidence?.kind === 'webhook' &&
  evidence.says.outcome === 'approved' &&
  evidence.says.code === code;

export const isChargedBack = (change: Told): boolean => says(change, CHARGED_BACK);

export const isContested = (change: Told): boolean =>
  isChargedBack(change) || says(change, ASKED_ABOUT);
