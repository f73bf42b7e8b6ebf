import type { Scope } from '#kit/context';
import { spellBytes } from '#kit/ids';
import { factsOf, readCvc, readNumber } from './card-number.ts';
import { openMessage } from './open-message.ts';
import type {
  Caller,
  PlainCard,
  Received,
  ReceiveRefusal,
  SealedMessage,
  Secret,
} from './vault.ts';
import type { ReceivedCard, VaultParts } from './vault-context.ts';

const HANDLE_BYTES = 16;

/** Into memory and no further. */
export const receiveCard = async (
  vault: VaultParts,
  _caller: Caller,
  input: { readonly scope: Scope; readonly card: PlainCard | SealedMessage },
): Promise<Received | ReceiveRefusal> => {
  if (!('jwe' in input.card)) return hold(vault, input.scope, input.card);
  const message = await openMessage(vault, input.card);
  if (!message.ok) return message;
  const { number, cvc, name, expMonth = 0, expYear = 0 } = message.card;
  if (number === undefined) return { ok: false, code: 'number_missing' };
  return hold(vault, input.scope, {
    number,
    expMonth,
    expYear,
    ...(cvc === undefined ? {} : { cvc }),
    ...(name === undefined ? {} : { name }),
  });
};

const hold = (vault: VaultParts, scope: Scope, card: PlainCard): Received | ReceiveRefusal => {
  const number = readNumber(card.number);
  const cvc = card.cvc === undefined ? null : readCvc(card.cvc);
  if (number === null || (card.cvc !== undefined && cvc === null)) {
    number?.fill(0);
    cvc?.fill(0);
    return { ok: false, code: number === null ? 'number_malformed' : 'cvc_malformed' };
  }

  const { expMonth, expYear, name = null } = card;
  const received = spellBytes(vault.context.random.bytes(HANDLE_BYTES));
  const facts = factsOf(number, vault.testCardOf);
  const held = vault.received.put(received, {
    ...scope,
    number,
    cvc,
    details: { expMonth, expYear, name },
  });
  if (!held) return { ok: false, code: 'vault_full' };
  return { ok: true, received, ...facts, expMonth, expYear, name, cvcLength: cvc?.length ?? null };
};

export const wipeReceived = ({ number, cvc }: ReceivedCard): void => {
  number.fill(0);
  cvc?.fill(0);
};

/** A name of the caller's, within the account and mode it acts for. */
export const cvcName = (scope: Scope, cvcFor: string): string =>
  `${scope.accountId} ${scope.livemode} ${cvcFor}`;

export const holdCvc = async (
  vault: VaultParts,
  _caller: Caller,
  input: { readonly scope: Scope; readonly cvcFor: string; readonly cvc: Secret | SealedMessage },
): Promise<{ readonly ok: true; readonly cvcLength: number } | ReceiveRefusal> => {
  let given: Secret;
  if (typeof input.cvc === 'string' || Buffer.isBuffer(input.cvc)) given = input.cvc;
  else {
    const message = await openMessage(vault, input.cvc);
    if (!message.ok) return message;
    message.card.number?.fill(0);
    if (message.card.cvc === undefined) return { ok: false, code: 'cvc_malformed' };
    given = message.card.cvc;
  }
  const cvc = readCvc(given);
  if (cvc === null) return { ok: false, code: 'cvc_malformed' };
  return vault.cvcs.put(cvcName(input.scope, input.cvcFor), cvc)
    ? { ok: true, cvcLength: cvc.length }
    : { ok: false, code: 'vault_full' };
};
