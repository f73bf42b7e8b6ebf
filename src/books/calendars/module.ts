export const module = { name: 'books/calendars' };
