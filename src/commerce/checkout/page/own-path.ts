/** The way within our own origin, whatever name the payer's browser knows us by. */
export const ownPath = (url: string): string => new URL(url, 'http://own').pathname;

/** Where a payer may be led: other schemes than these could run something when they are followed. */
export const linkTo = (url: string | null): string | null => {
  if (url === null || !URL.canParse(url, 'http://own')) return null;
  const { protocol, origin, pathname, search, hash } = new URL(url, 'http://own');
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return origin === 'http://own' ? `${pathname}${search}${hash}` : new URL(url).href;
};
