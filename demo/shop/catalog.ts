// What is for sale. Prices live on the server: what a browser sends names a product and a number of it,
// and never an amount.

export type Product = {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  /** Minor units of the shop's currency. */
  readonly price: number;
  readonly art: 'beans' | 'mug' | 'press' | 'filter';
  readonly hue: number;
};

export const SHOP = 'Nordlys Coffee';
export const currency = 'eur';

export const products: readonly Product[] = [
  {
    id: 'aurora',
    name: 'Aurora',
    line: 'Ethiopia, washed. Jasmine, apricot, honey.',
    price: 1450,
    art: 'beans',
    hue: 28,
  },
  {
    id: 'fjord',
    name: 'Fjord',
    line: 'Kenya, washed. Blackcurrant, tomato leaf, lime.',
    price: 1600,
    art: 'beans',
    hue: 205,
  },
  {
    id: 'moss',
    name: 'Moss',
    line: 'Colombia, natural. Cherry, cocoa, long and sweet.',
    price: 1390,
    art: 'beans',
    hue: 128,
  },
  {
    id: 'mug',
    name: 'Stone mug',
    line: 'Thrown by hand, 280 ml, no two alike.',
    price: 2400,
    art: 'mug',
    hue: 262,
  },
  {
    id: 'press',
    name: 'Press',
    line: 'Borosilicate and beech. Four minutes, no hurry.',
    price: 4900,
    art: 'press',
    hue: 12,
  },
  {
    id: 'filter',
    name: 'Filter set',
    line: 'Dripper, jug, a hundred papers.',
    price: 3650,
    art: 'filter',
    hue: 176,
  },
];

export const productOf = (id: string): Product | undefined =>
  products.find((product) => product.id === id);

export const QUANTITY_MAX = 9;

const money = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() });

export const shown = (minor: number): string => money.format(minor / 100);
