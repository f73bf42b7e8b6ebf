export const module = {
  name: 'books/expectations',
  migrations: new URL('./migrations/', import.meta.url),
};
