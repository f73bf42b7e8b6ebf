import type Stripe from 'stripe';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { renderCard } from './render-card.ts';
import type { Token } from './token.ts';

export const TOKEN = 'tok';

export const renderToken = (token: Token, livemode: boolean) =>
  ({
    id: spellId(TOKEN, token.id),
    object: 'token',
    ...(token.card === null
      ? {}
      : {
          card: renderCard({
            id: token.card.shownId,
            facts: token.card.facts,
            legacy: token.card.legacy,
          }),
        }),
    client_ip: token.clientIp,
    created: Math.floor(uuidMs(token.id) / 1000),
    livemode,
    type: token.type,
    used: token.used,
  }) satisfies Wire<Stripe.Token>;
