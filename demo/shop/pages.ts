// HTML from the server, readable without a script.

import { artOf } from './art.ts';
import { productOf, products, QUANTITY_MAX, shown } from './catalog.ts';
import type { Order } from './orders.ts';

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const frame = (title: string, body: string, refreshSeconds?: number): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">`}
<title>${escaped(title)} · Nordlys Coffee</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%23304b45'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the goods</a>
<header><a class="name" href="/"><span aria-hidden="true" class="mark"></span>Nordlys Coffee</a><p>A demo shop. Nothing is roasted, no money moves.</p></header>
<main id="main">${body}</main>
<footer><p>This shop is an example of a merchant: the official Stripe SDK, another host, and nothing else. Its code is in <code>demo/shop</code>.</p></footer>
</body>
</html>`;

export const shopPage = (): string =>
  frame(
    'Shop',
    `<section class="hero"><h1>Small roasts from the far north</h1><p>Buy something. You will be sent to a payment page with cards to try: one that works, one that asks for a code, several that do not.</p></section>
<ul class="goods">${products
      .map(
        (product) => `<li class="good">
<div class="art">${artOf(product)}</div>
<div class="about"><h2>${escaped(product.name)}</h2><p>${escaped(product.line)}</p></div>
<form method="post" action="/orders" class="buy">
<input type="hidden" name="product" value="${product.id}">
<span class="price">${shown(product.price)}</span>
<label class="many"><span>Quantity</span><select name="quantity">${Array.from({ length: QUANTITY_MAX }, (_, n) => `<option>${n + 1}</option>`).join('')}</select></label>
<button>Buy<span class="visually-hidden"> ${escaped(product.name)}</span></button>
</form></li>`,
      )
      .join('')}</ul>`,
  );

const REFRESH_SECONDS = 3;

const states: Readonly<Record<Order['state'], { readonly title: string; readonly says: string }>> =
  {
    open: {
      title: 'Waiting for your payment',
      says: 'As soon as the payment is confirmed this page says so. You need not do anything twice.',
    },
    paid: { title: 'Thank you. It is paid.', says: 'We pack it today. A receipt is in your mail.' },
    refunded: { title: 'Your money is on its way back', says: 'The whole amount was refunded.' },
    canceled: { title: 'This order was cancelled', says: 'Nothing was charged.' },
  };

export const orderPage = (order: Order): string => {
  const { title, says } = states[order.state];
  const isOpen = order.state === 'open';
  return frame(
    title,
    `<article class="order ${order.state}" aria-live="polite">
<h1><span class="badge" aria-hidden="true"></span>${title}</h1>
${order.refusal === null || !isOpen ? '' : `<p class="refusal"><strong>The last try did not work.</strong> ${escaped(order.refusal)} You have not been charged for it.</p>`}
<p>${says}</p>
<table><caption>Order ${escaped(order.id.slice(0, 8))}</caption><tbody>${order.items
      .map(({ product: id, quantity }) => {
        const product = productOf(id);
        return `<tr><th scope="row">${escaped(product?.name ?? id)} × ${quantity}</th><td>${shown((product?.price ?? 0) * quantity)}</td></tr>`;
      })
      .join(
        '',
      )}</tbody><tfoot><tr><th scope="row">Total</th><td>${shown(order.total)}</td></tr></tfoot></table>
${isOpen ? `<form method="post" action="/orders/${order.id}/pay?token=${order.token}"><button>Go to the payment page</button></form>` : ''}
<p class="back"><a href="/">Back to the shop</a></p>
</article>`,
    isOpen ? REFRESH_SECONDS : undefined,
  );
};

export const messagePage = (title: string, says: string): string =>
  frame(
    title,
    `<article class="order"><h1>${escaped(title)}</h1><p>${escaped(says)}</p><p class="back"><a href="/">Back to the shop</a></p></article>`,
  );
