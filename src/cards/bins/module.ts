export const module = { name: 'cards/bins' };
