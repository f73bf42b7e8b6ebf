// Expiry and name, sealed beside the number. Padded, so that the length of a name does not show.

import type { Expiry } from './vault.ts';

export type Details = Expiry & { readonly name: string | null };

const BLOCK_BYTES = 64;

export const encodeDetails = (details: Details): Buffer => {
  const json = Buffer.from(JSON.stringify([details.expMonth, details.expYear, details.name]));
  const padded = Buffer.alloc(Math.ceil(json.length / BLOCK_BYTES) * BLOCK_BYTES, ' ');
  json.copy(padded);
  json.fill(0);
  return padded;
};

export const decodeDetails = (padded: Buffer): Details => {
  const [expMonth, expYear, name] = JSON.parse(padded.toString('utf8')) as [
    number,
    number,
    string | null,
  ];
  return { expMonth, expYear, name };
};
