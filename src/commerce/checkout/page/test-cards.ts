// What the strip of test mode offers to click: a card for each documented outcome. What each of them does
// is the business of the sandbox; a test holds that it knows every number. For developers, so in English.

export type OfferedCard = {
  readonly number: string;
  readonly does: string;
  /** Other than what fits: a security code or a date that is part of the outcome. */
  readonly cvc?: string;
};
export type CardGroup = { readonly name: string; readonly cards: readonly OfferedCard[] };

const card = (number: string, does: string): OfferedCard => ({ number, does });

export const cardGroups: readonly CardGroup[] = [
  {
    name: 'Succeeds',
    cards: [
      card('4242424242424242', 'Visa'),
      card('4000056655665556', 'Visa debit'),
      card('5555555555554444', 'Mastercard'),
      card('2223003122003222', 'Mastercard, 2 series'),
      card('378282246310005', 'American Express'),
      card('6011111111111117', 'Discover'),
      card('3056930009020004', 'Diners Club'),
      card('36227206271667', 'Diners Club, 14 digits'),
      card('3566002020360505', 'JCB'),
      card('6200000000000005', 'UnionPay'),
      card('6205500000000000004', 'UnionPay, 19 digits'),
    ],
  },
  {
    name: 'Declined',
    cards: [
      card('4000000000000002', 'Declined by the bank'),
      card('4000000000009995', 'Not enough funds'),
      card('4000000000006975', 'Limit of the card reached'),
      card('4000000000000069', 'Expired'),
      card('4000000000000127', 'Wrong security code'),
      card('4242424242424241', 'Wrong number'),
      card('4000000000000119', 'Error on the way'),
      card('4000000000009987', 'Lost card'),
      card('4000000000009979', 'Stolen card'),
      card('4100000000000019', 'Always blocked: fraud'),
    ],
  },
  {
    name: '3-D Secure',
    cards: [
      card('4000000000003220', 'Asks for a code'),
      card('4000002760003184', 'Asks always'),
      card('4000000032200000', 'Passes without asking'),
      card('4000008260003178', 'Asks, then not enough funds'),
      card('4000008400001629', 'Asks, then declined'),
      card('4000008400001280', 'The bank makes a mistake'),
    ],
  },
  {
    name: 'Afterwards',
    cards: [
      card('4000000000000259', 'Disputed as fraud'),
      card('4000000000002685', 'Disputed: not received'),
      card('4000000000001976', 'An inquiry'),
      card('4000000000005423', 'Early fraud warning'),
      card('4000000000007726', 'Refund takes time'),
      card('4000000000005126', 'Refund fails'),
    ],
  },
];

/** As it stands on the card. */
export const grouped = (number: string): string => {
  const sizes = /^3[47]/.test(number)
    ? [4, 6, 5]
    : /^3[0689]/.test(number) && number.length === 14
      ? [4, 6, 4]
      : [4, 4, 4, 4, 4];
  let at = 0;
  return sizes
    .map((size) => number.slice(at, (at += size)))
    .filter((part) => part !== '')
    .join(' ');
};
