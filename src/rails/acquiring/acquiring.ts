// The links of a process: one for each host and acquirer, opened when it is first needed and kept.
// Merchants of one acquirer share it.

import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { transmissionTime } from '#kit/iso8583';
import { findMessage } from './acquiring.store.ts';
import type { Endpoint } from './connection.ts';
import { keepStray } from './dead-letter.ts';
import { type Link, type LinkSettings, openLink } from './link.ts';
import type { AcquirerProfile } from './profile.ts';
import { fieldText } from './read-answer.ts';
import { meaningOf } from './response-code.ts';
import { reverseAgain } from './reverse-again.ts';
import { openTraceNumbers } from './trace-numbers.ts';

export type HostSettings = {
  readonly profile: AcquirerProfile;
  readonly endpoint: Endpoint;
  /** Field 32: the institution under which the merchant is known there. */
  readonly acquirer: string;
  readonly exchangeKeys?: LinkSettings['exchangeKeys'];
  /** Who sends over it, to be told when it is up. */
  readonly account?: Uuid;
};

export type Acquiring = {
  linkTo(settings: HostSettings): Link;
  /** Lets what is under way end, and signs off everywhere. */
  close(): Promise<void>;
};

/** Messages that nobody waits for are looked up in the database, so many at once and no more. */
const STRAYS_MAX = 100;

export const openAcquiring = (
  context: Context,
  /** The host of this account can be spoken to, perhaps again. */
  reachable: (account: Uuid) => void = () => {},
): Acquiring => {
  const links = new Map<string, Link>();
  const accounts = new Map<string, Set<Uuid>>();
  const strays = new Set<Promise<void>>();

  const hearStray =
    (host: string, profile: AcquirerProfile) =>
    (message: Parameters<LinkSettings['stray']>[0]): void => {
      if (strays.size >= STRAYS_MAX) {
        context.log.error({ url: host }, 'Too many messages fit nothing: one was not kept');
        return;
      }
      const kept = keep(context, host, profile, message).catch((error: unknown) => {
        context.log.error({ url: host, error }, 'A message that fits nothing could not be kept');
      });
      strays.add(kept);
      void kept.finally(() => strays.delete(kept));
    };

  return {
    linkTo: ({ profile, endpoint, acquirer, exchangeKeys, account }) => {
      const host = `${endpoint.address}:${endpoint.port}/${acquirer}`;
      const key = JSON.stringify([host, profile.name, endpoint.reach, endpoint.tls ?? null]);
      const known = links.get(key);
      const over = accounts.get(key) ?? new Set();
      accounts.set(key, over);
      if (account !== undefined) over.add(account);
      if (known !== undefined) return known;
      const link = openLink(context, {
        profile,
        endpoint,
        host,
        traceNumbers: openTraceNumbers(context, host, profile.traceWindowMs),
        stray: hearStray(host, profile),
        up: () => over.forEach(reachable),
        ...(exchangeKeys === undefined ? {} : { exchangeKeys }),
      });
      links.set(key, link);
      return link;
    },
    close: async () => {
      await Promise.all([...links.values()].map((link) => link.close()));
      links.clear();
      accounts.clear();
      await Promise.all(strays);
    },
  };
};

const keep = async (
  context: Context,
  host: string,
  profile: AcquirerProfile,
  message: Parameters<LinkSettings['stray']>[0],
): Promise<void> => {
  const stan = fieldText(message.fields[11]);
  const at = fieldText(message.fields[7]) ?? transmissionTime(new Date(context.clock.now()));
  const found =
    stan === null ? [] : await context.database.system((tx) => findMessage(tx, host, stan, at));
  // The answer to a message of ours that came once more, or when nobody listened any longer. What
  // became of its operation is known, or is being found out by its reversal.
  const problem = found.length === 0 ? 'fits_nothing' : 'nobody_waits';
  const [of] = found;
  await keepStray(context, host, message, problem, of?.operationId ?? null);
  const code = fieldText(message.fields[39]) ?? '';
  const isYes = meaningOf(profile.codes, code)?.class === 'approved';
  if (of?.part === 0 && isYes) await reverseAgain(context, of.scope, of.operationId);
};
