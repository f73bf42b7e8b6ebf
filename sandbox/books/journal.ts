// The oracle: an append-only file with one line per fact, on the disk before anybody is answered. Each
// line carries a digest of itself and of all lines before it, so that a line that was lost, changed or
// put in between does not go unnoticed. Only the last line may be torn, by a process that was killed
// while writing it; nobody was told of that one, and it is cut off.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '#kit/assert';
import type { ApprovalState } from '../issuer/approval.ts';
import type { Fact, JournalLine } from '../world/fact.ts';
import { applyFact, emptyState, type State } from '../world/state.ts';

/** The chain before the first line. */
export const FIRST_CHAIN = '0'.repeat(16);

export type Journal = {
  readonly lines: readonly JournalLine[];
  /** What a bank would say it has approved and not taken back. */
  liveApprovals(): readonly LiveApproval[];
  state(): State;
};

export type LiveApproval = {
  /** The retrieval reference number of the request that was approved. */
  readonly reference: string;
  readonly paymentReference?: string;
  readonly terminal: string;
  readonly card: string;
  readonly currency: string;
  readonly state: ApprovalState;
  readonly amountMinor: bigint;
  readonly heldMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
};

export type JournalWriter = {
  /** What stood there when it was opened. */
  readonly lines: readonly JournalLine[];
  /** Resolves when the lines are on the disk. One append at a time. */
  append(facts: readonly { readonly fact: Fact; readonly atMs: number }[]): Promise<JournalLine[]>;
  close(): Promise<void>;
};

export const readJournal = (file: string): Journal =>
  journalOf(existsSync(file) ? parse(readFileSync(file, 'utf8')).lines : []);

export const journalOf = (lines: readonly JournalLine[]): Journal => ({
  lines,
  state: () => stateOf(lines),
  liveApprovals: () => liveApprovalsOf(stateOf(lines)),
});

const stateOf = (lines: readonly JournalLine[]): State => {
  const state = emptyState();
  for (const { fact, at } of lines) applyFact(state, fact, Date.parse(at));
  return state;
};

export const liveApprovalsOf = (state: State): readonly LiveApproval[] => {
  const live: LiveApproval[] = [];
  for (const approval of state.approvals.values()) {
    if (approval.state === 'reversed' || approval.state === 'expired') continue;
    const { rrn, paymentReference, terminal, card, currency, approvedMinor } = approval;
    const { heldMinor, capturedMinor, refundedMinor } = approval;
    live.push({
      reference: rrn,
      ...(paymentReference === undefined ? {} : { paymentReference }),
      terminal,
      card,
      currency,
      state: approval.state,
      amountMinor: approvedMinor,
      heldMinor,
      capturedMinor,
      refundedMinor,
    });
  }
  return live;
};

export const openJournal = async (file: string): Promise<JournalWriter> => {
  await mkdir(dirname(file), { recursive: true });
  const { lines, wholeBytes } = parse(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const handle = await open(file, 'a');
  await handle.truncate(wholeBytes);
  await handle.sync();
  await syncFolder(dirname(file));

  let seq = lines.length;
  let chain = lines.at(-1)?.chain ?? FIRST_CHAIN;
  const append: JournalWriter['append'] = async (facts) => {
    const added: JournalLine[] = [];
    let text = '';
    for (const { fact, atMs } of facts) {
      seq += 1;
      const body = spell({ seq, at: new Date(atMs).toISOString(), fact });
      chain = nextChain(chain, body);
      text += `${chain} ${body}\n`;
      added.push({ seq, at: new Date(atMs).toISOString(), fact, chain });
    }
    await writeWhole(handle, text);
    await handle.datasync();
    return added;
  };
  return { lines, append, close: () => handle.close() };
};

/** A new file is only there after a power cut when its folder was written too. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeWhole = async (handle: FileHandle, text: string): Promise<void> => {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
};

const nextChain = (chain: string, body: string): string =>
  createHash('sha256').update(chain).update(body).digest('hex').slice(0, 16);

const spell = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));

/** Money is written as a string of digits, under names that end in `Minor`. */
const unspell = (text: string): unknown =>
  JSON.parse(text, (name, inner: unknown) =>
    name.endsWith('Minor') && typeof inner === 'string' ? BigInt(inner) : inner,
  );

const parse = (text: string): { lines: JournalLine[]; wholeBytes: number } => {
  const lines: JournalLine[] = [];
  let chain = FIRST_CHAIN;
  let start = 0;
  for (;;) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    const body = text.slice(start + FIRST_CHAIN.length + 1, end);
    chain = nextChain(chain, body);
    assert(
      text.slice(start, start + FIRST_CHAIN.length) === chain,
      `The journal is damaged in line ${lines.length + 1}`,
    );
    const line = unspell(body) as Omit<JournalLine, 'chain'>;
    assert(line.seq === lines.length + 1, `The journal misses line ${lines.length + 1}`);
    lines.push({ ...line, chain });
    start = end + 1;
  }
  return { lines, wholeBytes: Buffer.byteLength(text.slice(0, start)) };
};
