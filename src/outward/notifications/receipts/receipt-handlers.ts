// Where `receipt_url` leads: the receipt as it stands now, at the same address for good. Whoever has the
// address may look, in the language of their browser.

import type { ServerResponse } from 'node:http';
import type { Context } from '#kit/context';
import { type Addressed, readReceiptToken } from '#payments/charges';
import type { PlainHandler } from '#platform/http';
import { type Locale, localeFor, locales } from '../templates/index.ts';
import { keptPdf } from './keep-receipt.ts';
import { loadReceipt, type Receipt } from './receipt.ts';
import { noReceiptPage, type Page, receiptPage } from './receipt-page.ts';
import { hasPdf } from './receipt-pdf.ts';

export const receiptHandlers = (processContext: Context): readonly PlainHandler[] => {
  const context: Context = { ...processContext, actor: { kind: 'payer', id: 'receipts' } };

  const find = async (token = ''): Promise<Found | null> => {
    const addressed = readReceiptToken(context, token);
    const receipt = addressed && (await loadReceipt(context, addressed));
    return receipt && { addressed, receipt };
  };
  return [
    {
      method: 'GET',
      path: '/receipts/:token',
      handle: async (request, response, { params }) => {
        const found = await find(params['token']);
        if (found === null) return sendPage(response, 404, noReceiptPage());
        const { receipt } = found;
        const locale = localeOf(receipt, request.url, request.headers['accept-language']);
        const pdf = hasPdf(receipt, locale) ? `${params['token']}/pdf?lang=${locale}` : null;
        sendPage(response, 200, receiptPage(receipt, locale, pdf));
      },
    },
    {
      method: 'GET',
      path: '/receipts/:token/pdf',
      handle: async (request, response, { params }) => {
        const found = await find(params['token']);
        if (found === null) return sendPage(response, 404, noReceiptPage());
        const { addressed, receipt } = found;
        const locale = localeOf(receipt, request.url, undefined);
        const pdf = await keptPdf(context, addressed, receipt, locale);
        if (pdf === null) {
          // In a language that its fonts do not know the page itself is what is printed.
          const page = `/receipts/${params['token']}?lang=${locale}`;
          response.writeHead(303, { Location: page, 'Cache-Control': 'no-store' }).end();
          return;
        }
        response
          .writeHead(200, {
            'Content-Type': 'application/pdf',
            'Content-Length': String(pdf.length),
            'Content-Disposition': `attachment; filename="receipt-${receipt.number}.pdf"`,
            'Cache-Control': 'private, no-store',
            'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
          })
          .end(pdf);
      },
    },
  ];
};

type Found = { readonly addressed: Addressed; readonly receipt: Receipt };

/** `?lang=` first, then what the browser prefers, then what the payer is written in. */
const localeOf = (receipt: Receipt, url = '', accepted = ''): Locale => {
  const asked = new URL(url, 'http://localhost').searchParams.get('lang');
  const exact = locales.find((locale) => locale === asked);
  return exact ?? localeFor([...preferred(accepted), receipt.locale]);
};

const WISHES_MAX = 10;

const preferred = (header: string): string[] =>
  header
    .split(',', WISHES_MAX)
    .map((part) => {
      const [tag = '', quality = ''] = part.split(';');
      return { tag: tag.trim(), weight: Number(/q=([\d.]+)/.exec(quality)?.[1] ?? 1) };
    })
    .filter(({ tag, weight }) => tag !== '' && tag !== '*' && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);

const sendPage = (response: ServerResponse, status: number, { body, policy }: Page): void => {
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'private, no-store',
    })
    .end(body);
};
