// A dispute about an operation is a yes to it: what its holder contests had been taken from them. Where the bank has taken
// that back for them, the yes says so: the money is with the bank then, for as long as it is contested.

import type { Change } from './record-evidence.ts';

/** The code of such a yes. */
export const CHARGED_BACK = 'charged_back';

export const isChargedBack = ({ evidence }: Pick<Change, 'evidence'>): boolean =>
  evidence?.kind === 'webhook' &&
  evidence.says.outcome === 'approved' &&
  evidence.says.code === CHARGED_BACK;
