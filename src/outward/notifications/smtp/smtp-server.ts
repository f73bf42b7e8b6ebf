// Where mail is handed in: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS at once).
// Whoever listens on the way must not read mails and passwords, so TLS is left out to this machine alone.

export type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS. */
  readonly isSecure: boolean;
  /** Whether it may go on without TLS where the server offers none. */
  readonly isLoopback: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
  /** More certificates to trust, for a server that signs its own. */
  readonly ca?: string;
};

const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/** Null for what is no such address. It never repeats what it was given: there is a password in it. */
export const readSmtpUrl = (text: string): SmtpServer | null => {
  const url = URL.parse(text);
  const port = url === null ? undefined : PORTS[url.protocol];
  if (url === null || port === undefined || url.hostname === '') return null;
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') return null;
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  try {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    if (/\p{Cc}/u.test(user + password) || (user === '') !== (password === '')) return null;
    return {
      host,
      port: url.port === '' ? port : Number(url.port),
      isSecure: url.protocol === 'smtps:',
      isLoopback: /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host),
      login: user === '' ? null : { user, password },
    };
  } catch {
    return null;
  }
};

export type Mailbox = { readonly name: string; readonly address: string };

/** `Shop <receipts@example.com>`, or the address alone. */
export const readMailbox = (text: string): Mailbox | null => {
  const match = /^(?:(.*?)\s*<([^<>]+)>|([^<>\s]+))$/.exec(text.trim());
  const address = match?.[2] ?? match?.[3] ?? '';
  const name = (match?.[1] ?? '').replaceAll(/^"|"$/g, '').trim();
  if (!/^[\x21-\x7e]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(address)) return null;
  if (/[\p{Cc}"]/u.test(name) || /[,;:\\()[\]]/.test(address)) return null;
  return { name, address };
};
