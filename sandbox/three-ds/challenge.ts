// The bank asks its holder: three tries, a button to give up, and an end by the clock. How it ended is
// in the journal first, then with the merchant's side, and only then on the way with the browser.

import type { SandboxContext } from '../context.ts';
import type { FaultRule, Faults } from '../faults/fault.ts';
import type { SandboxWorld } from '../world/world.ts';
import { type Authentication, eciOf } from './authentication.ts';
import { type Asking, type Json, proofIn } from './directory.ts';
import type { Shown } from './page.ts';
import { report } from './report.ts';

const TRIES_MAX = 3;
const ASKING_MAX = 10_000;
/** The browser waits so long for the merchant's side to hear the result, and goes on without. */
const REPORT_WAIT_MS = 2_000;

export type Why = 'code' | 'wrong_code' | 'cancelled' | 'too_late';

export type Challenges = {
  add(asking: Asking): void;
  find(acsTransactionId: string): Asking | undefined;
  shown(asking: Asking): Shown;
  /** Undefined is another try; otherwise what the browser takes back. */
  answer(asking: Asking, code: string): Promise<Back | undefined>;
  cancel(asking: Asking): Promise<Back>;
  stop(): void;
};

export type Back = { readonly notificationUrl: string; readonly cres: string };

export const createChallenges = (
  { clock, seed }: SandboxContext,
  world: SandboxWorld,
  faults: Faults,
  challengeMs: number,
): Challenges => {
  const open = new Map<string, Asking>();
  const stopped = new AbortController();

  const end = async (asking: Asking, why: Why): Promise<Back> => {
    const { authentication, version } = asking;
    open.delete(authentication.acsTransactionId);
    const status = why === 'code' ? 'Y' : 'N';
    const eci = eciOf(authentication.network, status);
    const ended: Authentication = {
      ...authentication,
      status,
      ...(eci === undefined ? {} : { eci }),
    };
    await world.note({
      fact: 'authentication_ended',
      id: ended.id,
      status,
      ...(eci === undefined ? {} : { eci }),
      why,
      tries: asking.tries,
    });
    const told = tell(asking, ended, why);
    await Promise.race([told, clock.sleep(REPORT_WAIT_MS, stopped.signal)]);
    const cres = {
      messageType: 'CRes',
      messageVersion: version,
      threeDSServerTransID: ended.serverTransactionId,
      acsTransID: ended.acsTransactionId,
      challengeCompletionInd: 'Y',
      transStatus: status,
    };
    return {
      notificationUrl: asking.notificationUrl,
      cres: Buffer.from(JSON.stringify(cres)).toString('base64url'),
    };
  };

  const tell = async (asking: Asking, ended: Authentication, why: Why): Promise<void> => {
    const key = ended.serverTransactionId;
    const fault = faults.choose({ mti: 'RReq', key, arrival: 1 });
    if (fault !== undefined) await noteFault(world, fault, key, 1);
    const result = resultOf(seed, asking, ended, why, lieOf(fault));
    const reported = await report(clock, asking.resultsUrl, result, fault, stopped.signal);
    if (stopped.signal.aborted) return;
    await world.note({ fact: 'authentication_reported', id: ended.id, ...reported });
  };

  /** The world may have ended meanwhile; then nobody is told anything. */
  const endInTime = async (asking: Asking): Promise<void> => {
    await clock.sleep(challengeMs, stopped.signal);
    const isOpen = open.get(asking.authentication.acsTransactionId) === asking;
    if (isOpen && !stopped.signal.aborted) await end(asking, 'too_late');
  };

  return {
    add: (asking) => {
      const { acsTransactionId } = asking.authentication;
      const oldest = open.keys().next().value;
      if (open.size >= ASKING_MAX && oldest !== undefined) open.delete(oldest);
      open.set(acsTransactionId, asking);
      endInTime(asking).catch(() => {});
    },
    find: (acsTransactionId) => open.get(acsTransactionId),
    shown: (asking) => ({
      acsTransactionId: asking.authentication.acsTransactionId,
      merchant: asking.merchantName,
      amount: spellAmount(asking),
      last4: asking.last4,
      code: asking.code,
      triesLeft: TRIES_MAX - asking.tries,
      wasWrong: asking.tries > 0,
    }),
    answer: async (asking, code) => {
      asking.tries += 1;
      if (code.replaceAll(/\s/g, '') === asking.code) return end(asking, 'code');
      return asking.tries >= TRIES_MAX ? end(asking, 'wrong_code') : undefined;
    },
    cancel: (asking) => end(asking, 'cancelled'),
    stop: () => stopped.abort(),
  };
};

const cancels: Readonly<Partial<Record<Why, string>>> = { cancelled: '01', too_late: '04' };

const resultOf = (
  seed: string,
  { version, tries }: Asking,
  ended: Authentication,
  why: Why,
  lie: bigint,
): Json => ({
  messageType: 'RReq',
  messageVersion: version,
  messageCategory: ended.currency === '999' ? '02' : '01',
  threeDSServerTransID: ended.serverTransactionId,
  acsTransID: ended.acsTransactionId,
  dsTransID: ended.id,
  transStatus: ended.status,
  authenticationMethod: '02',
  authenticationType: '02',
  interactionCounter: String(tries).padStart(2, '0'),
  ...proofIn(seed, ended, lie),
  ...(cancels[why] === undefined ? {} : { challengeCancel: cancels[why] }),
});

export const lieOf = (fault: FaultRule | undefined): bigint =>
  fault?.kind === 'wrong_amount' ? 100n : 0n;

export const noteFault = (
  world: SandboxWorld,
  { kind, id: rule }: FaultRule,
  key: string,
  arrival: number,
): Promise<void> => world.note({ fact: 'fault', kind, rule, key, arrival });

const spellAmount = ({ authentication, exponent }: Asking): string => {
  const { amountMinor, currency } = authentication;
  if (currency === '999') return 'Nothing; your card is confirmed';
  const digits = String(amountMinor).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const name = names[currency] ?? currency;
  return `${exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`} ${name}`;
};

const names: Readonly<Record<string, string>> = {
  '978': 'EUR',
  '840': 'USD',
  '826': 'GBP',
  '356': 'INR',
  '392': 'JPY',
  '756': 'CHF',
  '036': 'AUD',
  '124': 'CAD',
};
