// HTML from the server, readable without a script.

import { artOf } from './art.ts';
import { productOf, products, QUANTITY_MAX, SHOP, shown } from './catalog.ts';
import type { Order } from './orders.ts';
import type { Fields } from './payments.ts';

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const frame = (
  title: string,
  body: string,
  { refreshSeconds, scripts = '' }: { refreshSeconds?: number | undefined; scripts?: string } = {},
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">`}
<title>${escaped(title)} · ${SHOP}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%23304b45'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/style.css">
${scripts}
</head>
<body>
<a class="skip" href="#main">Skip to the goods</a>
<header><a class="name" href="/"><span aria-hidden="true" class="mark"></span>${SHOP}</a><p>A demo shop. Nothing is roasted, no money moves.</p></header>
<main id="main">${body}</main>
<footer><p>This shop is an example of a merchant: the official Stripe SDK, another host, and nothing else. Its code is in <code>demo/shop</code>.</p></footer>
</body>
</html>`;

export const shopPage = (): string =>
  frame(
    'Shop',
    `<section class="hero"><h1>Small roasts from the far north</h1><p>Buy something, and pay here or on the payment page. There are cards to try: one that works, one that asks for a code, several that do not.</p></section>
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

export const orderPage = (order: Order, hasFields: boolean): string => {
  const isOpen = order.state === 'open';
  const isBegun = order.session !== null || order.payment !== null;
  const { title, says } = isOpen && !isBegun ? chooses : states[order.state];
  return frame(
    title,
    `<article class="order ${isOpen && !isBegun ? 'new' : order.state}" aria-live="polite">
<h1><span class="badge" aria-hidden="true"></span>${title}</h1>
${order.refusal === null || !isOpen ? '' : `<p class="refusal"><strong>The last try did not work.</strong> ${escaped(order.refusal)} You have not been charged for it.</p>`}
<p>${says}</p>
${goodsOf(order)}
${
  isOpen
    ? `<form method="post" action="/orders/${order.id}/pay?token=${order.token}" class="ways">
${hasFields ? '<button name="way" value="here">Pay here</button>' : ''}
<button name="way" value="page" class="${hasFields ? 'second' : ''}">Pay on the payment page</button></form>`
    : ''
}
<p class="back"><a href="/">Back to the shop</a></p>
</article>`,
    { refreshSeconds: isOpen && isBegun ? REFRESH_SECONDS : undefined },
  );
};

const chooses = {
  title: 'Your order',
  says: 'Nothing is charged yet. Choose how to pay.',
};

const goodsOf = (order: Order): string =>
  `<table><caption>Order ${escaped(order.id.slice(0, 8))}</caption><tbody>${order.items
    .map(({ product: id, quantity }) => {
      const product = productOf(id);
      return `<tr><th scope="row">${escaped(product?.name ?? id)} × ${quantity}</th><td>${shown((product?.price ?? 0) * quantity)}</td></tr>`;
    })
    .join(
      '',
    )}</tbody><tfoot><tr><th scope="row">Total</th><td>${shown(order.total)}</td></tr></tfoot></table>`;

/** The card's fields stand in a frame of Tollgate; this page has an email, a button, and what the payer is told. */
export const payHerePage = (
  order: Order,
  { publishableKey, clientSecret, status, loader }: Fields,
): string =>
  frame(
    'Pay',
    `<article class="order">
<h1>Pay here</h1>
${goodsOf(order)}
<form id="pay" data-key="${escaped(publishableKey)}" data-secret="${escaped(clientSecret)}" data-status="${status}" data-back="/orders/${order.id}?token=${order.token}">
<label class="email">Email<input type="email" name="email" autocomplete="email" required placeholder="jenny@example.com"></label>
<div id="fields"></div>
<p id="message" class="refusal" role="alert" hidden></p>
<button disabled>Pay ${shown(order.total)}</button>
<noscript><p>This needs a script. The payment page does not.</p></noscript>
</form>
<p class="tests">Try 4242 4242 4242 4242, or 4000 0027 6000 3184, which asks for a code, or 4000 0000 0000 9995, which is declined.</p>
<form method="post" action="/orders/${order.id}/pay?token=${order.token}"><button name="way" value="page" class="second">Use the payment page</button></form>
</article>`,
    {
      scripts: `<script src="${escaped(loader.url)}" integrity="${escaped(loader.integrity)}" crossorigin defer></script>
<script src="/pay-here.js" defer></script>`,
    },
  );

export const messagePage = (title: string, says: string): string =>
  frame(
    title,
    `<article class="order"><h1>${escaped(title)}</h1><p>${escaped(says)}</p><p class="back"><a href="/">Back to the shop</a></p></article>`,
  );
