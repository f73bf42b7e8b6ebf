export const module = { name: 'commerce/elements' };
