// Every setting, where it is declared: what it is for, what it may be, what it is by default. Nothing
// else reads the environment. `tollgate doctor` lists this table, and an unknown name that begins with
// TOLLGATE_ is refused, because a misspelt setting is one that silently does not hold.

import { resolve } from 'node:path';
import { readMailbox, readSmtpUrl } from './outward/notifications/smtp/smtp-server.ts';
import { spellEntry } from './rails/connectors/places.ts';

type Kind =
  | 'text'
  | 'secret'
  | 'url'
  | 'port'
  | 'count'
  | 'switch'
  | 'folder'
  | 'hosts'
  | readonly string[];

type Definition = {
  readonly env: string;
  readonly kind: Kind;
  readonly default: string;
  readonly says: string;
  /** Smallest and largest count. */
  readonly range?: readonly [number, number];
};

const define = <const T extends Record<string, Definition>>(definitions: T): T => definitions;

export const definitions = define({
  port: {
    env: 'PORT',
    kind: 'port',
    default: '4242',
    says: 'The one port of the gateway: API, documents, health, and the pages of payers.',
  },
  host: {
    env: 'TOLLGATE_HOST',
    kind: 'text',
    default: '127.0.0.1',
    says: 'The address it listens on. 0.0.0.0 opens it to the network; put TLS in front of it then.',
  },
  sharedPort: {
    env: 'TOLLGATE_SHARED_PORT',
    kind: 'switch',
    default: 'off',
    says: 'Whether several API processes of this machine listen on that port together, and the system shares out who connects. For all of them or none; Linux.',
  },
  publicUrl: {
    env: 'TOLLGATE_PUBLIC_URL',
    kind: 'url',
    default: '',
    says: 'Where it is reached from outside, without a path. Empty: http://localhost and the port.',
  },
  proxies: {
    env: 'TOLLGATE_PROXIES',
    kind: 'count',
    default: '0',
    range: [0, 10],
    says: 'How many proxies of yours stand before it and add to X-Forwarded-For; 0 believes nobody.',
  },
  data: {
    env: 'TOLLGATE_DATA',
    kind: 'folder',
    default: '.tollgate',
    says: 'The folder of the embedded database, the secrets made at first start, and the audit anchor.',
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    kind: 'secret',
    default: '',
    says: 'A PostgreSQL 16 or later to use instead of the embedded one, as the role that owns the tables.',
  },
  databaseAppUrl: {
    env: 'DATABASE_APP_URL',
    kind: 'secret',
    default: '',
    says: 'The same database as the role tollgate_app, which serves. Empty: derived, with a password kept in the data folder.',
  },
  databaseVaultUrl: {
    env: 'DATABASE_VAULT_URL',
    kind: 'secret',
    default: '',
    says: 'The database as the role tollgate_vault, which alone may read sealed cards. Empty: derived like the one above.',
  },
  keyShares: {
    env: 'TOLLGATE_KEY_SHARES',
    kind: 'text',
    default: '',
    says: 'Two folders, separated by a comma, each with one share of every key-encryption key. Empty: keys/a and keys/b in the data folder; live mode wants two of your own.',
  },
  vaultSocket: {
    env: 'TOLLGATE_VAULT_SOCKET',
    kind: 'text',
    default: '',
    says: 'Where a vault process of its own listens: `tollgate start --role vault` makes this socket, the others use it. Empty: the vault is in each process.',
  },
  vaultHost: {
    env: 'TOLLGATE_VAULT_HOST',
    kind: 'text',
    default: '',
    says: 'host:port of a vault process on another machine, over mutual TLS, instead of a socket.',
  },
  vaultTls: {
    env: 'TOLLGATE_VAULT_TLS',
    kind: 'text',
    default: '',
    says: 'The folder with ca.pem, cert.pem and key.pem for that connection, on either side.',
  },
  vaultTokens: {
    env: 'TOLLGATE_VAULT_TOKENS',
    kind: 'text',
    default: '',
    says: 'The folder where the vault process writes its tokens and the others read them. Empty: the data folder.',
  },
  kmsKey: {
    env: 'TOLLGATE_KMS_KEY',
    kind: 'text',
    default: '',
    says: 'The ARN of an AWS KMS key that wraps data keys from now on; local shares still open what they wrapped. Needs the package @aws-sdk/client-kms.',
  },
  kmsRegion: {
    env: 'TOLLGATE_KMS_REGION',
    kind: 'text',
    default: '',
    says: 'The region of that key.',
  },
  unusedCardDays: {
    env: 'TOLLGATE_UNUSED_CARD_DAYS',
    kind: 'count',
    default: '0',
    range: [0, 36_500],
    says: 'A stored card that nobody used for so many days is shredded; 0 keeps them.',
  },
  databasePool: {
    env: 'TOLLGATE_DATABASE_POOL',
    kind: 'count',
    default: '8',
    range: [2, 200],
    says: 'Connections for reads and transactions, per process. Group commit has two more of its own, a worker one.',
  },
  secret: {
    env: 'TOLLGATE_SECRET',
    kind: 'secret',
    default: '',
    says: 'The master secret (64 hex digits) behind sealed answers and audit signatures. Empty: made at first start and kept in the data folder. Processes on several machines need the same one.',
  },
  liveMode: {
    env: 'TOLLGATE_LIVE',
    kind: 'switch',
    default: 'off',
    says: 'Whether live keys work. On, the gateway refuses to start on an unsafe database or with a secret it made itself.',
  },
  demoShop: {
    env: 'TOLLGATE_SHOP',
    kind: 'switch',
    default: 'on',
    says: 'Whether `npm start` opens the demo shop beside the sandbox bank.',
  },
  sandbox: {
    env: 'TOLLGATE_SANDBOX',
    kind: 'switch',
    default: 'on',
    says: 'Whether the quick start runs a sandbox bank to pay at. Never in live mode.',
  },
  ratePerSecond: {
    env: 'TOLLGATE_RATE_PER_SECOND',
    kind: 'count',
    default: '500',
    range: [1, 1_000_000],
    says: 'Requests a second that each key may make, over time. It may spend four seconds of them at once.',
  },
  logFormat: {
    env: 'TOLLGATE_LOG_FORMAT',
    kind: ['auto', 'terminal', 'json'],
    default: 'auto',
    says: 'json is one line of Elastic Common Schema each; terminal is for eyes; auto asks whether it is a terminal.',
  },
  logLevel: {
    env: 'TOLLGATE_LOG_LEVEL',
    kind: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    says: 'What is worth a line. `npm start` sets warn, where TOLLGATE_LOG_FORMAT is left at auto.',
  },
  metricsToken: {
    env: 'TOLLGATE_METRICS_TOKEN',
    kind: 'secret',
    default: '',
    says: 'The bearer token for /metrics. Empty: only callers on this machine may read it, and nobody in live mode or behind a proxy.',
  },
  webhooksToLoopback: {
    env: 'TOLLGATE_WEBHOOKS_TO_LOOPBACK',
    kind: 'switch',
    default: 'off',
    says: 'Whether webhooks of test mode may go to servers on this machine. `npm start` turns it on; live mode never does it.',
  },
  providerHosts: {
    env: 'TOLLGATE_PROVIDER_HOSTS',
    kind: 'hosts',
    default: '',
    says: 'Hosts, separated by commas, that accounts at providers may lead to beside the providers’ own, at private addresses too: acquirer.bank.example, or with the one port that is meant, 10.8.0.5:7001. Card numbers and secrets go there.',
  },
  unencryptedHosts: {
    env: 'TOLLGATE_UNENCRYPTED_HOSTS',
    kind: 'hosts',
    default: '',
    says: 'Like TOLLGATE_PROVIDER_HOSTS, and spoken to without TLS in live mode: only where the line itself is private, since card numbers go over it in clear.',
  },
  providersToLoopback: {
    env: 'TOLLGATE_PROVIDERS_TO_LOOPBACK',
    kind: 'switch',
    default: 'off',
    says: 'Whether accounts of test mode may lead to servers on this machine, such as simulators. `npm start` turns it on; live mode never does it.',
  },
  movableClock: {
    env: 'TOLLGATE_MOVABLE_CLOCK',
    kind: 'switch',
    default: 'off',
    says: 'Whether secret test keys may move the clock of this installation. `npm start` turns it on; refused in live mode.',
  },
  smtpUrl: {
    env: 'TOLLGATE_SMTP_URL',
    kind: 'secret',
    default: '',
    says: 'The mail server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. Empty: mails are not sent, and can be read over the API.',
  },
  mailFrom: {
    env: 'TOLLGATE_MAIL_FROM',
    kind: 'text',
    default: '',
    says: 'From whom mails come: receipts@example.com, or Name <receipts@example.com>. A mail shows the merchant’s name.',
  },
  mailInTestMode: {
    env: 'TOLLGATE_MAIL_IN_TEST_MODE',
    kind: 'switch',
    default: 'off',
    says: 'Whether mails of test mode are sent too. Otherwise they are kept to be read, and reach nobody.',
  },
  auditAnchor: {
    env: 'TOLLGATE_AUDIT_ANCHOR',
    kind: 'text',
    default: '',
    says: 'The file outside the database that remembers each seal of the audit log. Empty: audit-anchor.txt in the data folder.',
  },
  crashAt: {
    env: 'TOLLGATE_CRASH_AT',
    kind: 'text',
    default: '',
    says: 'For tests: ends the process at this numbered point, as a power cut would. Refused in live mode.',
  },
});

export type Settings = {
  readonly port: number;
  readonly host: string;
  readonly sharedPort: boolean;
  readonly publicUrl: string;
  readonly proxies: number;
  readonly data: string;
  readonly databaseUrl: string;
  readonly databaseAppUrl: string;
  readonly databaseVaultUrl: string;
  readonly keyShares: string;
  readonly vaultSocket: string;
  readonly vaultHost: string;
  readonly vaultTls: string;
  readonly vaultTokens: string;
  readonly kmsKey: string;
  readonly kmsRegion: string;
  readonly unusedCardDays: number;
  readonly databasePool: number;
  readonly secret: string;
  readonly liveMode: boolean;
  readonly demoShop: boolean;
  readonly sandbox: boolean;
  readonly ratePerSecond: number;
  readonly logFormat: 'auto' | 'terminal' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly metricsToken: string;
  readonly webhooksToLoopback: boolean;
  readonly providerHosts: readonly string[];
  readonly unencryptedHosts: readonly string[];
  readonly providersToLoopback: boolean;
  readonly movableClock: boolean;
  readonly smtpUrl: string;
  readonly mailFrom: string;
  readonly mailInTestMode: boolean;
  readonly auditAnchor: string;
  readonly crashAt: string;
};

/** One sentence per wrong setting, each naming it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Set by tools of ours for themselves; they are not settings of the gateway. */
const reserved = new Set(['TOLLGATE_TEST_FULL', 'TOLLGATE_TEST_DATABASE_URL']);

export const readSettings = (env: Readonly<Record<string, string | undefined>>): Settings => {
  const problems = findUnknown(env);
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions) as [string, Definition][]) {
    const text = env[definition.env]?.trim() || definition.default;
    const read = readValue(definition, text);
    if (read.ok) values[name] = read.value;
    else problems.push(`${definition.env} ${read.why}.`);
  }
  const settings = values as unknown as Settings;
  problems.push(...problemsOfMail(values));
  if (settings.liveMode && settings.crashAt)
    problems.push('TOLLGATE_CRASH_AT is refused in live mode.');
  if (settings.liveMode && settings.movableClock)
    problems.push('TOLLGATE_MOVABLE_CLOCK is refused in live mode.');
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
};

/** An address without a sender, or a server without one, would show itself only at the first mail. */
const problemsOfMail = (values: Readonly<Record<string, unknown>>): string[] => {
  const [server, from] = [String(values['smtpUrl']), String(values['mailFrom'])];
  const problems: string[] = [];
  // What is wrong with it is not repeated: there is a password in it.
  if (server !== '' && readSmtpUrl(server) === null) {
    problems.push('TOLLGATE_SMTP_URL must be like smtps://user:password@mail.example.com:465.');
  }
  if (from !== '' && readMailbox(from) === null) {
    problems.push(`TOLLGATE_MAIL_FROM must be like Name <receipts@example.com>, and is "${from}".`);
  }
  if (server !== '' && from === '') {
    problems.push('TOLLGATE_SMTP_URL needs TOLLGATE_MAIL_FROM beside it: from whom mails come.');
  }
  return problems;
};

const findUnknown = (env: Readonly<Record<string, string | undefined>>): string[] => {
  const known = new Set<string>(Object.values(definitions).map((definition) => definition.env));
  return Object.keys(env)
    .filter((name) => name.startsWith('TOLLGATE_') && !known.has(name) && !reserved.has(name))
    .map((name) => `${name} is not a setting of Tollgate; ${suggestion(name, known)}`);
};

const suggestion = (name: string, known: ReadonlySet<string>): string => {
  const [closest] = [...known]
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return closest && closest.distance <= 4
    ? `did you mean ${closest.candidate}?`
    : '`tollgate doctor` lists those there are.';
};

type Read =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

const readValue = (definition: Definition, text: string): Read => {
  const { kind } = definition;
  if (typeof kind !== 'string') {
    return kind.includes(text)
      ? { ok: true, value: text }
      : { ok: false, why: `must be one of ${kind.join(', ')}, and is "${text}"` };
  }
  if (kind === 'port') return readCount(text, [0, 65_535]);
  if (kind === 'count') return readCount(text, definition.range ?? [0, Number.MAX_SAFE_INTEGER]);
  if (kind === 'folder') return { ok: true, value: resolve(text) };
  if (kind === 'hosts') return readHosts(text);
  if (kind === 'switch') {
    if (/^(on|true|1|yes)$/i.test(text)) return { ok: true, value: true };
    if (/^(off|false|0|no)$/i.test(text)) return { ok: true, value: false };
    return { ok: false, why: `must be on or off, and is "${text}"` };
  }
  if (kind === 'url' && text !== '' && !/^https?:\/\/[^/?#]+\/?$/.test(text)) {
    return {
      ok: false,
      why: `must be like https://pay.example.com, without a path, and is "${text}"`,
    };
  }
  if (definition.env === 'TOLLGATE_SECRET' && text !== '' && !/^[0-9a-f]{64}$/i.test(text)) {
    return { ok: false, why: 'must be 64 hexadecimal digits (openssl rand -hex 32 makes them)' };
  }
  return { ok: true, value: kind === 'url' ? text.replace(/\/$/, '') : text };
};

const readHosts = (text: string): Read => {
  const entries = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  const bad = entries.find((entry) => spellEntry(entry) === null);
  if (bad === undefined) return { ok: true, value: entries.map(spellEntry) };
  return {
    ok: false,
    why: `must be hosts, separated by commas, like bank.example.com or 10.8.0.5:7001, and has "${bad}"`,
  };
};

const readCount = (text: string, [least, most]: readonly [number, number]): Read => {
  const count = Number(text);
  return /^\d+$/.test(text) && count >= least && count <= most
    ? { ok: true, value: count }
    : { ok: false, why: `must be a whole number from ${least} to ${most}, and is "${text}"` };
};

/** How many letters differ at the least (Levenshtein). */
const distanceOf = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
