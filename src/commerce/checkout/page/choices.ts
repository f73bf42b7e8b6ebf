// What the payer would pay with other quantities or another way of delivery: shown before anything is
// stored, with the sums that the server will compute again when they pay.

import type { PageView } from '../page-view.ts';

export const withChoices = (view: PageView, asked: URLSearchParams): PageView => {
  const lines = view.lines.map((line) => {
    const wanted = asked.get(`quantity[${line.id}]`) ?? '';
    if (line.adjustable === null || !/^\d{1,6}$/.test(wanted)) return line;
    const { min, max } = line.adjustable;
    const quantity = Math.min(Math.max(Number(wanted), min), max);
    return { ...line, quantity, amount: line.unitAmount * BigInt(quantity) };
  });
  const option = asked.get('shipping_option');
  const isKnown = view.asks.shippingOptions.some(({ id }) => id === option);
  const shippingOptions = view.asks.shippingOptions.map((it) =>
    isKnown ? { ...it, isChosen: it.id === option } : it,
  );

  const moreLines = sumOf(lines) - sumOf(view.lines);
  const shipping = isKnown
    ? (shippingOptions.find(({ isChosen }) => isChosen)?.amount ?? 0n)
    : view.amounts.shipping;
  const more = moreLines + shipping - view.amounts.shipping;
  return {
    ...view,
    lines,
    asks: { ...view.asks, shippingOptions },
    amounts: {
      ...view.amounts,
      subtotal: view.amounts.subtotal + moreLines,
      shipping,
      total: view.amounts.total + more,
    },
  };
};

const sumOf = (lines: PageView['lines']): bigint =>
  lines.reduce((sum, { amount }) => sum + amount, 0n);
