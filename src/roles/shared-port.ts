// Processes that listen on one port answer for each other: a payment goes to any of them. So they must be of one
// database and one version. Whoever comes asks who is there, and looks for that process in its own database.

import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { versionOfProcess } from '#platform/jobs';
import { VERSION } from '../version.ts';

/** With `/healthz`: under which name the process that answers says that it lives. */
export const PROCESS_HEADER = 'Tollgate-Process';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const NOBODY = Symbol('nobody');
const ANSWER_WITHIN_MS = 3_000;

/** Its message is a whole sentence for whoever starts the process. */
export class PortNotShared extends Error {
  override readonly name = 'PortNotShared';
}

export const refuseStrangersAt = async (
  context: Context,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> => {
  if (port === 0) return;
  const there = await whoIsAt(context, host, port);
  if (there === NOBODY) return;
  const version =
    there === null ? undefined : await context.database.system((tx) => versionOfProcess(tx, there));
  if (version === VERSION) return;
  const what =
    version === undefined
      ? 'a program that is not at work on this database'
      : `version ${version} of Tollgate, and this is ${VERSION}`;
  throw new PortNotShared(
    `Port ${port} is shared by ${what}: callers would reach either. End it first, or choose another PORT.`,
  );
};

/** Null for one who does not say it. */
const whoIsAt = async (
  { network }: Context,
  host: string,
  port: number,
): Promise<Uuid | null | typeof NOBODY> => {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const name = here.includes(':') ? `[${here}]` : here;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const { headers, body } = await network.fetch(`http://${name}:${port}/healthz`, { signal });
    await body?.cancel();
    const process = headers.get(PROCESS_HEADER);
    return process !== null && UUID.test(process) ? (process as Uuid) : null;
  } catch (error) {
    return isRefused(error) ? NOBODY : null;
  }
};

const isRefused = (error: unknown): boolean => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ((at as NodeJS.ErrnoException).code === 'ECONNREFUSED') return true;
  }
  return false;
};
