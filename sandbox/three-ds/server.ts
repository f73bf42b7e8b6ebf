// One port for both: the directory server, which speaks JSON with the merchant's side, and the pages of
// the bank, which a browser is sent to.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxContext } from '../context.ts';
import type { FaultRule, Faults } from '../faults/fault.ts';
import { networkOf } from '../networks/networks.ts';
import type { SandboxWorld } from '../world/world.ts';
import type { Behaviour } from './authentication.ts';
import { type Back, createChallenges, lieOf, noteFault } from './challenge.ts';
import { createDirectory, errorOf, type Json } from './directory.ts';
import { backPage, codePage, gonePage, sendHtml } from './page.ts';

export type ThreeDs = {
  readonly port: number;
  /** `http://127.0.0.1:…/directory` */
  readonly directoryUrl: string;
  setBehaviour(number: string, behaviour: Behaviour): void;
  stop(): Promise<void>;
};

export type ThreeDsSettings = { readonly port: number; readonly challengeMs?: number };

const LOOPBACK = '127.0.0.1';
const BODY_BYTES_MAX = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;
const CHALLENGE_MS = 10 * 60_000;
const SLOW_MS = 1_000;

export const startThreeDs = async (
  context: SandboxContext,
  world: SandboxWorld,
  faults: Faults,
  { port, challengeMs = CHALLENGE_MS }: ThreeDsSettings,
): Promise<ThreeDs> => {
  const { clock } = context;
  const directory = createDirectory(context, world);
  const challenges = createChallenges(context, world, faults, challengeMs);
  const arrivals = new Map<string, number>();
  const stopped = new AbortController();
  let origin = '';

  const chooseFault = async (request: Json): Promise<FaultRule | undefined> => {
    const key = String(request['threeDSServerTransID'] ?? '');
    const cardNumber = String(request['acctNumber'] ?? '');
    const arrival = (arrivals.get(key) ?? 0) + 1;
    arrivals.set(key, arrival);
    const network = networkOf(cardNumber);
    const mti = String(request['messageType']);
    const fault = faults.choose({
      mti,
      key,
      arrival,
      cardNumber,
      ...(network === undefined ? {} : { network }),
    });
    if (fault !== undefined) await noteFault(world, fault, key, arrival);
    return fault;
  };

  const answerDirectory = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const message = parse(await readText(request));
    if (message === undefined) {
      response.writeHead(400).end();
      return;
    }
    const fault = await chooseFault(message);
    if (fault?.kind === 'down' || fault?.kind === 'issuer_down') {
      response.destroy();
      return;
    }
    const answer = await decide(message, fault);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset' || fault?.kind === 'cut') {
      response.destroy();
      return;
    }
    if (fault?.kind === 'slow') await clock.sleep(fault.delayMs ?? SLOW_MS, stopped.signal);
    sendJson(response, answer);
  };

  const decide = async (message: Json, fault: FaultRule | undefined): Promise<Json> => {
    if (fault?.kind === 'decline') return errorOf(message, '404', 'A fault that was asked for.');
    if (message['messageType'] === 'PReq') return directory.cards(message);
    if (message['messageType'] !== 'AReq') return errorOf(message, '101', 'messageType');
    const how = { acsUrl: `${origin}/acs/challenge`, lie: lieOf(fault) };
    const { answer, asking } = await directory.ask(message, how);
    if (asking !== undefined) challenges.add(asking);
    return answer;
  };

  const beginChallenge = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const form = new URLSearchParams(await readText(request));
    const creq = parse(Buffer.from(form.get('creq') ?? '', 'base64url').toString());
    const asking = challenges.find(String(creq?.['acsTransID']));
    const isSame =
      asking?.authentication.serverTransactionId === creq?.['threeDSServerTransID'] &&
      creq?.['messageType'] === 'CReq';
    if (asking === undefined || !isSame) sendHtml(response, 404, gonePage(), "'none'");
    else sendHtml(response, 200, codePage(challenges.shown(asking)), "'self'");
  };

  const takeAnswer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await readText(request));
    const asking = challenges.find(form.get('acs') ?? '');
    if (asking === undefined) {
      sendHtml(response, 404, gonePage(), "'none'");
      return;
    }
    const back =
      form.get('do') === 'cancel'
        ? await challenges.cancel(asking)
        : await challenges.answer(asking, form.get('code') ?? '');
    if (back === undefined) {
      sendHtml(response, 200, codePage(challenges.shown(asking)), "'self'");
      return;
    }
    sendBack(response, back);
  };

  const routes: Readonly<Record<string, typeof takeAnswer>> = {
    'POST /directory': answerDirectory,
    'POST /acs/challenge': beginChallenge,
    'POST /acs/answer': takeAnswer,
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://sandbox');
    const route = routes[`${request.method} ${pathname}`];
    if (route === undefined) {
      sendHtml(response, 404, gonePage(), "'none'");
      return;
    }
    route(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK }, () => resolve());
  });
  const listening = (server.address() as AddressInfo).port;
  origin = `http://${LOOPBACK}:${listening}`;

  return {
    port: listening,
    directoryUrl: `${origin}/directory`,
    setBehaviour: (number, behaviour) => directory.setBehaviour(number, behaviour),
    stop: async () => {
      stopped.abort();
      challenges.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

const sendBack = (response: ServerResponse, { notificationUrl, cres }: Back): void => {
  const to = URL.canParse(notificationUrl) ? new URL(notificationUrl).origin : "'none'";
  sendHtml(response, 200, backPage(notificationUrl, { cres }), to);
};

const sendJson = (response: ServerResponse, body: Json): void => {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
};

const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('The body is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const parse = (text: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
};
