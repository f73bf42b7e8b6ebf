export const module = { name: 'rails/psp' };
