// What may be asked over the socket, and what each question needs to be allowed.

import type { Actor } from '#kit/context';
import { DatabaseUnavailable } from '#platform/db';
import {
  KeyMissing,
  Tampered,
  VaultForbidden,
  VaultRefused,
  VaultUnavailable,
} from './failures.ts';
import type { Caller, OpenCard, Vault } from './vault.ts';

/**
 * `use` takes cards in and hands nothing out. `reveal` may also open a card: it belongs to the processes
 * that speak with payment providers, and to no process that browsers or merchants can reach.
 */
export type Capability = 'use' | 'reveal';

export type Request = {
  readonly id: number;
  readonly verb: string;
  readonly actor: Actor;
  readonly input: unknown;
};

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

export type Failure = { readonly name: string; readonly message: string; readonly keyId?: string };

type Verb = {
  readonly needs: Capability;
  readonly run: (vault: Vault, caller: Caller, input: never) => Promise<unknown>;
};

type InputOf<V extends keyof Vault> = Parameters<Vault[V]>[1] extends infer I ? I : never;

const verb = <V extends keyof Vault>(
  needs: Capability,
  run: (vault: Vault, caller: Caller, input: InputOf<V>) => Promise<unknown>,
): Verb => ({ needs, run });

export const verbs: Readonly<Record<string, Verb>> = {
  receiveCard: verb<'receiveCard'>('use', (vault, caller, input) =>
    vault.receiveCard(caller, input),
  ),
  sealCard: verb<'sealCard'>('use', (vault, caller, input) => vault.sealCard(caller, input)),
  changeExpiry: verb<'changeExpiry'>('use', (vault, caller, input) =>
    vault.changeExpiry(caller, input),
  ),
  deleteCard: verb<'deleteCard'>('use', (vault, caller, input) => vault.deleteCard(caller, input)),
  holdCvc: verb<'holdCvc'>('use', (vault, caller, input) => vault.holdCvc(caller, input)),
  dropCvc: verb<'dropCvc'>('use', (vault, caller, input) => vault.dropCvc(caller, input)),
  riskFingerprints: verb<'riskFingerprints'>('use', (vault, caller, input) =>
    vault.riskFingerprints(caller, input),
  ),
  browserKey: verb<'receiveCard'>('use', (vault) => vault.browserKey()),
  // Copies, which the server zeroes when they are sent: the card itself is zeroed when this returns.
  reveal: verb<'withCard'>('reveal', (vault, caller, input) =>
    vault.withCard(
      caller,
      input,
      async ({ number, cvc, ...details }): Promise<OpenCard> => ({
        ...details,
        number: Buffer.from(number),
        cvc: cvc && Buffer.from(cvc),
      }),
    ),
  ),
  rotate: verb<'rotate'>('reveal', (vault, caller, input) => vault.rotate(caller, input)),
  maintain: verb<'receiveCard'>('use', (vault, caller) => vault.maintain(caller)),
};

/** Our own failures keep their words; anything else could repeat what it was given. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof KeyMissing) {
    return { name: error.name, message: error.message, keyId: error.keyId };
  }
  if (
    error instanceof Tampered ||
    error instanceof VaultRefused ||
    error instanceof VaultForbidden ||
    error instanceof VaultUnavailable
  ) {
    return { name: error.name, message: error.message };
  }
  const why =
    error instanceof DatabaseUnavailable
      ? 'The database of the vault does not answer.'
      : 'The vault failed; its log says why.';
  return { name: 'VaultUnavailable', message: why };
};

export const errorFrom = (failure: Failure): Error => {
  switch (failure.name) {
    case 'KeyMissing': {
      const missing = new KeyMissing(failure.keyId ?? '', '');
      missing.message = failure.message;
      return missing;
    }
    case 'Tampered':
      return new Tampered(failure.message);
    case 'VaultRefused':
      return new VaultRefused(failure.message);
    case 'VaultForbidden':
      return new VaultForbidden(failure.message);
    default:
      return new VaultUnavailable(failure.message);
  }
};
