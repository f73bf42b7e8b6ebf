// Moments as they are given to commands and printed by them.

import { InvalidArgumentError } from 'commander';

export const moment = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** In seconds. A day alone is its beginning. */
export const parseMoment = (text: string): number => {
  // A time without a zone is read as UTC: what a merchant tries out must not depend on their desk.
  const hasTime = /^\d{4}-\d{2}-\d{2}T/.test(text);
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text);
  const ms = Date.parse(hasTime && !hasZone ? `${text}Z` : text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(ms)) {
    throw new InvalidArgumentError('A moment is like 2027-01-31 or 2027-01-31T08:00Z.');
  }
  return Math.floor(ms / 1000);
};
