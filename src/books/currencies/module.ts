export const module = { name: 'books/currencies' };
