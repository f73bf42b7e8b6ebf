// Whether the port is free is asked before anything is started, so that the answer comes at once and
// leaves nothing to clean up.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { CliError } from './errors.ts';

const portsTried = 20;

export const refuseTakenPort = async (host: string, port: number): Promise<void> => {
  const problem = await problemWith(host, port);
  if (problem !== undefined) throw await explainPort(problem, host, port);
};

/**
 * Why a port that is to be shared could not be had. That is known once it was tried in earnest: whoever
 * listens there only to see whether one can may be given a caller, whom nobody then answers.
 */
export const explainSharedPort = async (
  problem: string,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<CliError> => {
  if (problem === 'ENOTSUP') {
    return new CliError(
      'This system lets no two processes listen on one port; start without TOLLGATE_SHARED_PORT.',
    );
  }
  if (problem === 'EADDRINUSE') {
    return new CliError(
      `Port ${port} is taken by a program that does not share it; set TOLLGATE_SHARED_PORT for all processes that listen there, or another PORT.`,
    );
  }
  return await explainPort(problem, host, port);
};

const explainPort = async (problem: string, host: string, port: number): Promise<CliError> => {
  if (problem === 'EADDRINUSE') {
    const free = await nextFree(host, port + 1);
    const advice = free === undefined ? 'try another one with PORT' : `try PORT=${free}`;
    return new CliError(`Port ${port} is taken by another program; ${advice}.`);
  }
  if (problem === 'EACCES') {
    return new CliError(
      `Port ${port} is reserved for privileged programs; choose one above 1023 with PORT.`,
    );
  }
  return new CliError(
    `Tollgate cannot listen on ${host}, port ${port} (${problem}); see TOLLGATE_HOST and PORT.`,
  );
};

/** This port of the loopback, or one of the next, or 0: any that is free. */
export const freePortNear = async (wished: number, ...taken: number[]): Promise<number> => {
  let from = wished;
  for (let tries = 0; wished !== 0 && tries < portsTried; tries += 1) {
    const found = await nextFree('127.0.0.1', from);
    if (found === undefined) return 0;
    if (!taken.includes(found)) return found;
    from = found + 1;
  }
  return 0;
};

const nextFree = async (host: string, from: number): Promise<number | undefined> => {
  for (let port = from; port < Math.min(from + portsTried, 65_536); port += 1) {
    if ((await problemWith(host, port)) === undefined) return port;
  }
  return undefined;
};

/**
 * People and the documents say http://localhost, which a browser may look for at ::1 first: a program
 * that listens there alone would answer in our place.
 */
const problemWith = async (host: string, port: number): Promise<string | undefined> => {
  const problem = await tryToListen(host, port);
  if (problem !== undefined || port === 0 || host !== '127.0.0.1') return problem;
  return (await tryToListen('::1', port)) === 'EADDRINUSE' ? 'EADDRINUSE' : undefined;
};

const tryToListen = async (host: string, port: number): Promise<string | undefined> => {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};
