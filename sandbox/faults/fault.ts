// What may go wrong between a gateway and its bank, on purpose. A rule says what, to whom, how often.

import { drawOf } from '../context.ts';
import { type Network, networks } from '../networks/networks.ts';

export const faultKinds = {
  decline: 'answers with the code of the rule; nothing is booked',
  down: 'resets the link before anything is booked',
  issuer_down: 'the issuer does not answer; its network stands in',
  slow: 'books, and answers after a while',
  hang: 'books, and never answers',
  reset: 'books, and resets the link instead of answering',
  cut: 'books, sends the first bytes of the answer, and closes the link',
  twice: 'books once, and answers twice',
  swapped: 'books, and answers with what belongs to another request',
  wrong_amount: 'books, and tells another amount',
  wrong_currency: 'books, and tells another currency',
  wrong_code:
    'books, and answers with the code of the rule, as a host does that broke down after it',
  late_after_reversal: 'books, and answers a while after the reversal was answered',
} as const;

export type FaultKind = keyof typeof faultKinds;

export type FaultRule = {
  readonly id: string;
  readonly kind: FaultKind;
  readonly when?: {
    /** The whole number, or its last four digits. */
    readonly card?: string;
    readonly network?: Network;
    /**
     * The beginning of a message type: `01`, `0420`; or of 3-D Secure: `PReq`, `AReq`, `RReq`. Without
     * it, every message that is about money.
     */
    readonly mti?: string;
    /** Drawn from the seed, per request and arrival. */
    readonly probability?: number;
  };
  /** A script: so many messages, then the rule is used up. Without it, always. */
  readonly times?: number;
  /** Of `slow` and `late_after_reversal`. */
  readonly delayMs?: number;
  /** Of `cut`: how many bytes of the frame are sent. */
  readonly bytes?: number;
  /** Of `decline` and `wrong_code`: field 39. */
  readonly code?: string;
};

/** What the rules may look at. */
export type Suspect = {
  readonly mti: string;
  readonly key: string;
  readonly arrival: number;
  readonly cardNumber?: string;
  readonly network?: Network;
};

export type Faults = {
  set(rules: readonly FaultRule[]): void;
  list(): readonly (FaultRule & { readonly used: number })[];
  /** The first rule that fits, which is thereby used once. */
  choose(suspect: Suspect): FaultRule | undefined;
};

export const createFaults = (seed: string, initial: readonly FaultRule[] = []): Faults => {
  let rules: { readonly rule: FaultRule; used: number }[] = [];
  const set = (given: readonly FaultRule[]): void => {
    rules = given.map((rule) => ({ rule, used: 0 }));
  };
  set(initial);
  return {
    set,
    list: () => rules.map(({ rule, used }) => ({ ...rule, used })),
    choose: (suspect) => {
      const found = rules.find(
        ({ rule, used }) => used < (rule.times ?? Infinity) && fits(seed, rule, suspect),
      );
      if (found === undefined) return undefined;
      found.used += 1;
      return found.rule;
    },
  };
};

const fits = (seed: string, { id, when = {} }: FaultRule, suspect: Suspect): boolean => {
  const { card, network, mti, probability } = when;
  if (mti === undefined ? isApart(suspect.mti) : !suspect.mti.startsWith(mti)) return false;
  if (card !== undefined && !endsWith(suspect.cardNumber, card)) return false;
  if (network !== undefined && suspect.network !== network) return false;
  if (probability === undefined) return true;
  return drawOf(seed, id, suspect.key, String(suspect.arrival)) < probability;
};

/** What a rule has to name to mean it: the management of a link, and 3-D Secure. */
const isApart = (mti: string): boolean => !/^0[1-7]/.test(mti);

const endsWith = (number: string | undefined, card: string): boolean =>
  number !== undefined && (card.length === 4 ? number.endsWith(card) : number === card);

/** From what somebody typed; the sentence says what is wrong with it. */
export const parseFaultRules = (
  given: unknown,
):
  | { readonly ok: true; readonly rules: readonly FaultRule[] }
  | { readonly ok: false; readonly reason: string } => {
  if (!Array.isArray(given)) return { ok: false, reason: 'A list of rules is expected.' };
  for (const [at, rule] of (given as unknown[]).entries()) {
    const reason = problemOf(rule);
    if (reason !== undefined) return { ok: false, reason: `Rule ${at + 1}: ${reason}` };
  }
  return { ok: true, rules: given as FaultRule[] };
};

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

const DELAY_MS_MAX = 600_000;
const ruleShape: Shape = {
  id: isText,
  kind: (value) => typeof value === 'string' && Object.hasOwn(faultKinds, value),
  when: (value) => typeof value === 'object' && value !== null,
  times: isCount,
  delayMs: (value) => isCount(value) && (value as number) <= DELAY_MS_MAX,
  bytes: isCount,
  code: (value) => typeof value === 'string' && /^[0-9A-Z]{2}$/.test(value),
};
const whenShape: Shape = {
  card: isText,
  network: (value) => networks.some((name) => name === value),
  mti: (value) => typeof value === 'string' && /^(?:\d{1,4}|[APR]Req)$/.test(value),
  probability: isShare,
};

const problemOf = (rule: unknown): string | undefined => {
  if (typeof rule !== 'object' || rule === null) return 'it is not an object.';
  const { id, kind, when, code } = rule as Partial<FaultRule>;
  if (id === undefined || kind === undefined) return '`id` and `kind` are needed.';
  if ((kind === 'decline' || kind === 'wrong_code') && code === undefined) {
    return `\`${kind}\` needs a \`code\`.`;
  }
  return strange(rule, ruleShape) ?? strange(when ?? {}, whenShape);
};

const strange = (given: object, shape: Shape): string | undefined => {
  for (const [name, value] of Object.entries(given)) {
    const isGood = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (isGood === undefined) return `\`${name}\` is not known.`;
    if (!isGood(value)) return `\`${name}\` has no such value.`;
  }
  return undefined;
};
