// A call of the contract as `rails/acquiring` wants it: over which link, from which terminal, and how
// the card is opened.

import { vaultOf } from '#cards/vault';
import { NotSent } from '#kit/http-client';
import {
  type AcquirerProfile,
  type Acquiring,
  type CardCall,
  type CardMessage,
  loadMessages,
  type ProfileName,
} from '#rails/acquiring';
import {
  type Call,
  type ConnectorAccount,
  type FollowingRequest,
  isCard,
  type PaymentRequest,
  placeOfLink,
} from '#rails/connectors';
import { settingsOf, tlsOf } from './settings.ts';

export type DirectCall = Call<PaymentRequest | FollowingRequest>;

export const callTo = (
  acquiring: Acquiring,
  profiles: Readonly<Record<ProfileName, AcquirerProfile>>,
  call: DirectCall,
): CardCall => {
  const { context, scope, operation, deadline } = call;
  return {
    context,
    scope,
    operation,
    ...wayTo(acquiring, profiles, call.account),
    deadlineMs: deadline,
    withCard: call.original === null ? call.withCard : cardOfOriginal(call),
  };
};

/** Over which link, and as whom. Throws `NotSent` where the account may not lead there. */
export const wayTo = (
  acquiring: Acquiring,
  profiles: Readonly<Record<ProfileName, AcquirerProfile>>,
  { id, settings, judge }: ConnectorAccount,
): Pick<CardCall, 'link' | 'place'> => {
  const given = settingsOf(settings);
  const tls = tlsOf(given);
  const { host: address, port } = given;
  const judged = judge(placeOfLink(address, port, { isEncrypted: tls !== undefined }));
  if (!judged.ok) throw new NotSent(judged.why);
  const { reach } = judged;
  const link = acquiring.linkTo({
    profile: profiles[given.profile],
    endpoint: { address, port, reach, ...(tls === undefined ? {} : { tls }) },
    acquirer: given.acquirer_id,
    account: id,
  });
  const place = {
    host: link.host,
    acquirer: given.acquirer_id,
    terminal: given.terminal_id,
    merchant: given.merchant_id,
  };
  return { link, place };
};

/** What follows a payment is about the payment's card, and never has a security code. */
const cardOfOriginal =
  ({ context, scope, operation, original }: DirectCall): CardCall['withCard'] =>
  async (use) => {
    const method = original?.request.method;
    if (method === undefined || !isCard(method)) throw new NotSent('no_card');
    let began = false;
    try {
      const opened = await vaultOf(context).withCard(
        context,
        { scope, card: method.card, operation: operation.id },
        (card) => {
          began = true;
          return use(card);
        },
      );
      if (opened.ok) return opened.value;
    } catch (error) {
      if (began) throw error;
      throw new NotSent('vault_unavailable', { cause: error });
    }
    throw new NotSent('card_gone');
  };

/** The message of what a capture, a void or a refund follows. */
export const originalMessage = async ({
  context,
  scope,
  request,
}: Call<FollowingRequest>): Promise<CardMessage> => {
  const [first] = await loadMessages(context, scope, request.original);
  if (first === undefined || first.state === 'taken_back') throw new NotSent('original_unknown');
  return first;
};
