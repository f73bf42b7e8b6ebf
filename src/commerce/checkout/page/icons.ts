// The marks of card networks, drawn small and plain, once per page; `use` shows them where they belong.

import { Html, html } from '#platform/http';

const frame = (ground: string, inside: string): string =>
  `<rect width="38" height="24" rx="4" fill="${ground}"/>${inside}`;
const word = (text: string, fill: string, size: number, more = ''): string =>
  `<text x="19" y="${12 + size * 0.36}" text-anchor="middle" font-family="Arial,Helvetica,sans-serif" font-weight="700" font-size="${size}" fill="${fill}" ${more}>${text}</text>`;
const circles = (left: string, right: string, middle: string): string =>
  `<circle cx="15" cy="12" r="7" fill="${left}"/><circle cx="23" cy="12" r="7" fill="${right}"/><path d="M19 6.26a7 7 0 0 1 0 11.48 7 7 0 0 1 0-11.48z" fill="${middle}"/>`;

const marks: Readonly<Record<string, string>> = {
  visa: frame('#1a1f71', word('VISA', '#fff', 11, 'font-style="italic"')),
  mastercard: frame('#1c1c22', circles('#eb001b', '#f79e1b', '#ff5f00')),
  maestro: frame('#1c1c22', circles('#0099df', '#ed0006', '#6c6bbd')),
  amex: frame('#016fd0', word('AMEX', '#fff', 9.5)),
  discover: frame(
    '#fff',
    `<path d="M38 13v7a4 4 0 0 1-4 4H14c10-1 19-5 24-11z" fill="#f47216"/>${word('DISCOVER', '#111', 6.4)}<rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>`,
  ),
  diners: frame(
    '#0069aa',
    '<circle cx="19" cy="12" r="8" fill="#fff"/><path d="M17 6.4a6 6 0 0 0 0 11.2zm4 0v11.2a6 6 0 0 0 0-11.2z" fill="#0069aa"/>',
  ),
  jcb: frame(
    '#fff',
    '<rect x="6" y="4" width="8" height="16" rx="3" fill="#0e4c96"/><rect x="15" y="4" width="8" height="16" rx="3" fill="#c6002b"/><rect x="24" y="4" width="8" height="16" rx="3" fill="#00813e"/><rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>',
  ),
  unionpay: frame(
    '#fff',
    '<path d="M7 4h8l-3 16H4z" fill="#d10429"/><path d="M15 4h9l-3 16h-9z" fill="#022e64"/><path d="M24 4h10l-3 16H21z" fill="#076f74"/><rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>',
  ),
  rupay: frame(
    '#fff',
    `${word('RuPay', '#1b3281', 9, 'font-style="italic"')}<path d="M32 6l3 6-4 6z" fill="#0a8b44"/><rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>`,
  ),
  ideal: frame('#cc0066', word('iDEAL', '#fff', 10)),
  bancontact: frame(
    '#fff',
    `<path d="M0 15h14l10-9h14v14a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4z" fill="#ffd800"/><path d="M4 0h30a4 4 0 0 1 4 4v5H24l-10 9H0V4a4 4 0 0 1 4-4z" fill="#005498"/>`,
  ),
  eps: frame(
    '#fff',
    `${word('eps', '#71706f', 12)}<rect x="2" y="19" width="34" height="3" rx="1.5" fill="#c8036f"/><rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>`,
  ),
  p24: frame(
    '#fff',
    `${word('P24', '#d13239', 11, 'font-style="italic"')}<rect x=".5" y=".5" width="37" height="23" rx="3.5" fill="none" stroke="#c5cad3"/>`,
  ),
  unknown:
    '<rect x=".75" y=".75" width="36.5" height="22.5" rx="3.25" fill="none" stroke="currentColor" stroke-width="1.5" opacity=".55"/><path d="M1 8h36" stroke="currentColor" stroke-width="3" opacity=".55"/><path d="M5 17h9" stroke="currentColor" stroke-width="1.5" opacity=".55"/>',
};

const ways: Readonly<Record<string, string>> = {
  ideal: 'iDEAL',
  bancontact: 'Bancontact',
  eps: 'EPS',
  p24: 'Przelewy24',
};

export const isWay = (name: string): boolean => Object.hasOwn(ways, name);

const spriteOf = (shown: readonly string[]): Html => {
  const symbols = shown.map(
    (name) => `<symbol id="b-${name}" viewBox="0 0 38 24">${marks[name]}</symbol>`,
  );
  return new Html(`<svg hidden width="0" height="0">${symbols.join('')}</svg>`);
};

export const brandSprite: Html = spriteOf(Object.keys(marks));

/** Where cards alone are taken: a frame with card fields pays for every byte. */
export const cardSprite: Html = spriteOf(Object.keys(marks).filter((name) => !isWay(name)));

const names: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  maestro: 'Maestro',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  rupay: 'RuPay',
};

export const brandName = (brand: string): string => names[brand] ?? ways[brand] ?? brand;

/** A picture beside its own name in words says nothing new, so it is silent. */
export const brandMark = (brand: string): Html =>
  html`<svg class="brand" aria-hidden="true" width="38" height="24"><use href="#b-${
    brand in marks ? brand : 'unknown'
  }"/></svg>`;

const glyph = (path: string): Html =>
  new Html(
    `<svg class="glyph" aria-hidden="true" width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${path}</svg>`,
  );

export const glyphs = {
  lock: glyph(
    '<rect x="4" y="9" width="12" height="8" rx="2"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
  ),
  back: glyph('<path d="M12.5 4.5 7 10l5.5 5.5"/>'),
  check: glyph('<path d="m4.5 10.5 3.5 3.5 7.5-8"/>'),
  clock: glyph('<circle cx="10" cy="10" r="7"/><path d="M10 6v4l2.5 2"/>'),
  warn: glyph('<path d="M10 3 2.5 16.5h15z"/><path d="M10 8.5v3.5M10 14.2v.1"/>'),
  bank: glyph('<path d="M3 8.5 10 4l7 4.5M4 16.5h12M5.5 8.5v6M10 8.5v6M14.5 8.5v6"/>'),
  nothing: glyph('<circle cx="10" cy="10" r="7"/><path d="m7.5 7.5 5 5m0-5-5 5"/>'),
} as const;

/** Where the security code stands on the card. */
export const cvcPicture = html`<span class="at-end" id="cvc-picture" aria-hidden="true"><svg width="38" height="24" viewBox="0 0 38 24"><rect x=".75" y=".75" width="36.5" height="22.5" rx="3.25" fill="none" stroke="currentColor" stroke-width="1.5" opacity=".55"/><path class="stripe" d="M1 6.5h36" stroke="currentColor" stroke-width="4" opacity=".4"/><rect class="back" x="21" y="12" width="12" height="7" rx="3.5" fill="none" stroke="var(--accent)" stroke-width="1.75"/><rect class="front" x="22" y="5" width="12" height="7" rx="3.5" fill="none" stroke="var(--accent)" stroke-width="1.75"/></svg></span>`;
