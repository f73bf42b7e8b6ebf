export const module = { name: 'cards/three-ds' };
