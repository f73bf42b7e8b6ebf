// When a payer is slowed down, has to prove work, is asked who they are, or is blocked: pure. Each signal
// counts tries in vain, and has for each step of the ladder the count from which it asks for that step.

export type Step = 'none' | 'slow' | 'proof' | 'three_ds' | 'block';

export const steps = {
  none: 0,
  slow: 1,
  proof: 2,
  three_ds: 3,
  block: 4,
} as const satisfies Record<Step, number>;

export type Signal =
  | 'network_in_vain'
  | 'network_cards'
  | 'network_collected'
  | 'device_in_vain'
  | 'device_cards'
  | 'card_in_vain'
  | 'bin_in_vain'
  | 'account_in_vain';

/** From how many on each step is asked; null: never. */
export type Rungs = {
  readonly slow: number | null;
  readonly proof: number | null;
  readonly three_ds: number | null;
  readonly block: number | null;
};

export type Ladder = Readonly<Record<Signal, Rungs>>;

const rungs = (
  slow: number | null,
  proof: number | null,
  threeDs: number | null,
  block: number | null,
): Rungs => ({ slow, proof, three_ds: threeDs, block });

/** Starting points, by judgement: an account may set its own. Nobody is blocked for what others do. */
export const standardLadder: Ladder = {
  network_in_vain: rungs(3, 5, 8, 15),
  network_cards: rungs(3, 4, 6, 12),
  network_collected: rungs(20, 40, null, 120),
  device_in_vain: rungs(3, 4, 6, 10),
  device_cards: rungs(3, 4, 5, 8),
  card_in_vain: rungs(3, 5, 8, 12),
  bin_in_vain: rungs(null, 12, 25, null),
  account_in_vain: rungs(null, 20, 30, null),
};

/** In test mode people try refusals on purpose: the same ladder, so many times as high. */
export const TEST_FACTOR = 20;

export const ladderFor = (livemode: boolean, own: Partial<Ladder>): Ladder =>
  mapLadder((signal) => own[signal] ?? raised(standardLadder[signal], livemode ? 1 : TEST_FACTOR));

const mapLadder = (of: (signal: Signal) => Rungs): Ladder => {
  const signals = Object.keys(standardLadder) as Signal[];
  return Object.fromEntries(signals.map((signal) => [signal, of(signal)])) as Ladder;
};

const raised = ({ slow, proof, three_ds, block }: Rungs, factor: number): Rungs =>
  rungs(times(slow, factor), times(proof, factor), times(three_ds, factor), times(block, factor));

const times = (count: number | null, factor: number): number | null =>
  count === null ? null : count * factor;

export type Counts = Readonly<Partial<Record<Signal, number>>>;

export type Standing = {
  readonly step: Step;
  /** The signals that ask for that step, with their counts: `network_cards 6`. */
  readonly reasons: readonly string[];
};

export const standingOf = (counts: Counts, ladder: Ladder): Standing => {
  const asked = (Object.entries(counts) as [Signal, number][]).map(([signal, count]) => ({
    why: `${signal} ${count}`,
    step: stepAt(ladder[signal], count),
  }));
  const step = asked.reduce<Step>((most, one) => higher(most, one.step), 'none');
  const reasons = step === 'none' ? [] : asked.filter((one) => one.step === step);
  return { step, reasons: reasons.map(({ why }) => why) };
};

const downwards = ['block', 'three_ds', 'proof', 'slow'] as const;

const stepAt = (rungs: Rungs, count: number): Step =>
  downwards.find((step) => {
    const from = rungs[step];
    return from !== null && count >= from;
  }) ?? 'none';

const higher = (a: Step, b: Step): Step => (steps[a] >= steps[b] ? a : b);
export const isAtLeast = (step: Step, least: Step): boolean => steps[step] >= steps[least];

/** What went well speaks for whoever shares an address: offices and phones behind one are many people. */
export const inVain = ({ bad, good }: { readonly bad: number; readonly good: number }): number =>
  Math.max(0, bad - 2 * good);
