// The address of a link: a visit opens a session and goes to its page.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { completedOf, openSession, sendNotice } from '#commerce/checkout';
import type { Context } from '#kit/context';
import { networkOf, type PlainHandler } from '#platform/http';
import { createLimits } from '#platform/limits';
import { isUsedUp } from './limit-reached.ts';
import type { PaymentLink } from './link.ts';
import { parseAddress } from './link-address.ts';
import { loadLink } from './links.store.ts';
import { qrPng, qrSvg } from './qr.ts';

/** Of one network, which may be a whole office or the phones of a provider. Each visit is a session that is kept. */
const VISITS = { perSecond: 10, burst: 300 };

export const linkHandlers = (
  processContext: Context,
  { addressOf }: { readonly addressOf: (request: IncomingMessage) => string },
): readonly PlainHandler[] => {
  const visits = createLimits(processContext.clock, VISITS);
  const context: Context = { ...processContext, actor: { kind: 'payer', id: 'payment_link' } };
  const find = async (spelled: string) => {
    const named = parseAddress(spelled);
    const link = named === null ? undefined : await loadLink(context, named.scope, named.id);
    return named === null || link === undefined ? null : { scope: named.scope, link };
  };
  const code = (path: string, type: string, draw: (link: PaymentLink) => Buffer | string) => ({
    method: 'GET' as const,
    path,
    handle: async (
      _: unknown,
      response: ServerResponse,
      { params }: { readonly params: Readonly<Record<string, string>> },
    ) => {
      const found = await find(params['link'] ?? '');
      if (found === null) {
        response.writeHead(404).end();
        return;
      }
      const body = draw(found.link);
      response
        .writeHead(200, {
          'Content-Type': type,
          'Cache-Control': 'public, max-age=86400',
          'Content-Security-Policy': "default-src 'none'",
        })
        .end(body);
    },
  });

  return [
    {
      method: 'GET',
      path: '/l/:link',
      handle: async (request, response, { params }) => {
        const found = await find(params['link'] ?? '');
        if (found === null) {
          sendNotice(context, request, response, { kind: 'link_unknown', text: null });
          return;
        }
        const { scope, link } = found;
        if (!link.isActive) {
          const text = link.inactiveMessage;
          sendNotice(context, request, response, { kind: 'link_inactive', text });
          return;
        }
        if (link.limit !== null && isUsedUp(link, await completedOf(context, scope, link.id))) {
          const text = link.inactiveMessage;
          sendNotice(context, request, response, { kind: 'link_used_up', text });
          return;
        }
        const wait = visits.take(networkOf(addressOf(request)));
        if (wait !== null) {
          response
            .writeHead(429, {
              'Content-Type': 'text/plain; charset=utf-8',
              'Retry-After': String(wait),
              'Cache-Control': 'no-store',
            })
            .end('Too many visits from here at once. Please try again in a moment.\n');
          return;
        }
        const { afterCompletion: after } = link;
        const session = await openSession(context, scope, {
          linkId: link.id,
          shared: link.session,
          successUrl: after.type === 'redirect' ? after.url : null,
          closedText: link.inactiveMessage,
          confirmationText: after.type === 'redirect' ? null : after.message,
          customerCreation: link.customerCreation,
          types: link.types,
        });
        response.writeHead(303, { Location: `/c/${session}`, 'Cache-Control': 'no-store' }).end();
      },
    },
    code('/l/:link/qr.svg', 'image/svg+xml', ({ url }) => qrSvg(url, url)),
    code('/l/:link/qr.png', 'image/png', ({ url }) => qrPng(url)),
  ];
};
