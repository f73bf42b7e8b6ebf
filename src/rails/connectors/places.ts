// Where accounts at providers may lead. Card numbers and secrets go there, and a merchant's key is enough to change an
// account: so an account leads to its provider's own hosts, and elsewhere only where the operator of this installation
// has named the host. What was stored before is held against the same at every call.

import { isIP } from 'node:net';
import type { Reach } from '#kit/context';
import { isLoopback } from '#kit/egress';
import type { Definition } from './connector.ts';
import type { Settings } from './settings.ts';

/** What the operator says. Hosts are written `bank.example.com`, or with the one port that is meant: `10.8.0.5:7001`. */
export type Places = {
  /** Beyond the providers' own hosts. They may be at private addresses: a bank is often reached over a line of one's own. */
  readonly hosts: ReadonlySet<string>;
  /** Those at the end of a private line, spoken to in live mode without TLS. They are allowed as well. */
  readonly unencrypted: ReadonlySet<string>;
  /** Whether test mode may reach servers on this machine, such as a simulator. Live mode never may. */
  readonly toLoopback: boolean;
};

export const ownHostsOnly: Places = {
  hosts: new Set(),
  unencrypted: new Set(),
  toLoopback: false,
};

export type Place = {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  /** Of HTTP. In live mode that is encrypted, on whatever line. */
  readonly isWeb: boolean;
};

export type Judged =
  | { readonly ok: true; readonly reach: Reach }
  | { readonly ok: false; readonly why: 'host_not_allowed' | 'not_encrypted' };

/** Of an account at one provider in one mode. */
export type Judge = (place: Place | null) => Judged;

const WEB_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Null where it is no address of the web, or one that says who asks. */
export const placeAt = (text: string): Place | null => {
  const url = URL.parse(text);
  const usual = url === null ? undefined : WEB_PORTS[url.protocol];
  if (url === null || usual === undefined || url.username !== '' || url.password !== '')
    return null;
  return {
    host: bare(url.hostname),
    port: url.port === '' ? usual : Number(url.port),
    isEncrypted: url.protocol === 'https:',
    isWeb: true,
  };
};

/** Of a link of its own. Null where that is no name or address as everybody spells it. */
export const placeOfLink = (
  host: string,
  port: number,
  { isEncrypted }: Pick<Place, 'isEncrypted'>,
): Place | null => {
  const spelled = spellHost(host);
  return spelled === null ? null : { host: spelled, port, isEncrypted, isWeb: false };
};

/** As a URL has it: other ways to write an address (127.1, 0x7f.1) lead to the same one unseen. */
const spellHost = (host: string): string | null => {
  const isV6 = isIP(host) === 6;
  const url = URL.parse(isV6 ? `http://[${host}]/` : `http://${host}/`);
  if (url === null || url.port !== '') return null;
  const spelled = bare(url.hostname);
  return isV6 || spelled === host.toLowerCase() ? spelled : null;
};

const bare = (hostname: string): string => hostname.replaceAll(/^\[|\]$/g, '');

/** As the operator wrote it, made what it is looked for by. Null where it is no host. */
export const spellEntry = (text: string): string | null => {
  const url = URL.parse(`http://${text}/`);
  if (url === null || url.username !== '' || url.href.split('/').length > 4) return null;
  if (url.search !== '' || url.hash !== '') return null;
  const [, port] = /^[^[\]:]+:(\d+)$|^\[.+\]:(\d+)$/.exec(text)?.filter(Boolean) ?? [];
  const host = bare(url.hostname);
  return port === undefined ? host : `${host}:${Number(port)}`;
};

export const judgeOf =
  (places: Places, definition: Pick<Definition, 'hosts'>, livemode: boolean): Judge =>
  (place) => {
    const reach = place === null ? null : reachOf(places, definition, livemode, place);
    if (place === null || reach === null) return { ok: false, why: 'host_not_allowed' };
    const isSafe =
      !livemode || place.isEncrypted || (!place.isWeb && isNamed(places.unencrypted, place));
    return isSafe ? { ok: true, reach } : { ok: false, why: 'not_encrypted' };
  };

const reachOf = (
  places: Places,
  definition: Pick<Definition, 'hosts'>,
  livemode: boolean,
  place: Place,
): Reach | null => {
  const { host, port, isWeb } = place;
  if (isNamed(places.hosts, place) || isNamed(places.unencrypted, place)) return 'anywhere';
  const isOwn = hostsOf(definition, livemode).includes(host);
  if (isOwn && (!isWeb || Object.values(WEB_PORTS).includes(port))) return 'public';
  if (!livemode && places.toLoopback && isHere(host)) return 'loopback';
  return null;
};

const isNamed = (named: ReadonlySet<string>, { host, port }: Place): boolean =>
  named.has(host) || named.has(`${host}:${port}`);

const isHere = (host: string): boolean => host === 'localhost' || isLoopback(host);

const hostsOf = (
  { hosts = [] }: Pick<Definition, 'hosts'>,
  livemode: boolean,
): readonly string[] => ('test' in hosts ? hosts[livemode ? 'live' : 'test'] : hosts);

/** How a setting says where an account leads. `trust` says who is believed to be there. */
export type SettingOfPlace = 'url' | 'host' | 'port' | 'tls' | 'trust';

const kindOf = ({ settings }: Pick<Definition, 'settings'>, name: string) =>
  (settings.properties[name] as { place?: SettingOfPlace } | undefined)?.place;

export type PlaceRefused = { readonly field: string; readonly why: string };

/** The first setting that leads where it may not, with what is to be done about it. */
export const refusedPlace = (
  places: Places,
  definition: Definition,
  livemode: boolean,
  settings: Settings,
): (PlaceRefused & { readonly place: Place | null }) | null => {
  const judge = judgeOf(places, definition, livemode);
  for (const { field, place } of placesIn(definition, settings)) {
    const judged = judge(place);
    if (judged.ok) continue;
    if (judged.why === 'host_not_allowed') {
      return { place, field, why: whyNotAllowed(definition, livemode, place) };
    }
    return place?.isWeb === true
      ? { place, field, why: 'live mode sends to addresses that begin with https:// alone' }
      : {
          place,
          field: fieldOf(definition, 'tls') ?? field,
          why: 'without TLS card numbers could be read on the way, and live mode does not send them so: turn it on. Where the line to this host is itself private, the operator of this installation may name the host in TOLLGATE_UNENCRYPTED_HOSTS',
        };
  }
  return null;
};

const whyNotAllowed = (definition: Definition, livemode: boolean, place: Place | null): string => {
  const own = hostsOf(definition, livemode);
  const known =
    own.length === 0
      ? 'its host has to be one that the operator of this installation has named in TOLLGATE_PROVIDER_HOSTS'
      : `${definition.title} is reached at ${own.join(', ')}; any other host has to be named in TOLLGATE_PROVIDER_HOSTS by the operator of this installation`;
  return !livemode && place !== null && isHere(place.host)
    ? `${known}; servers on this machine are reached in test mode where TOLLGATE_PROVIDERS_TO_LOOPBACK is on`
    : known;
};

type Named = { readonly field: string; readonly place: Place | null };

const placesIn = (definition: Definition, settings: Settings): Named[] =>
  Object.entries(settings).flatMap(([field, value]): Named[] => {
    const kind = kindOf(definition, field);
    if (kind === 'url') return [{ field, place: placeAt(String(value)) }];
    if (kind !== 'host') return [];
    const of = (other: SettingOfPlace): unknown => settings[fieldOf(definition, other) ?? ''];
    const isEncrypted = of('tls') === true;
    return [{ field, place: placeOfLink(String(value), Number(of('port')), { isEncrypted }) }];
  });

const fieldOf = (definition: Definition, kind: SettingOfPlace): string | undefined =>
  Object.keys(definition.settings.properties).find((name) => kindOf(definition, name) === kind);

/** Settings that say where secrets go, and say it otherwise than before. */
export const movedPlaces = (
  definition: Definition,
  { before, after }: { readonly before: Settings; readonly after: Settings },
): string[] =>
  Object.keys(definition.settings.properties).filter(
    (name) => kindOf(definition, name) !== undefined && before[name] !== after[name],
  );
