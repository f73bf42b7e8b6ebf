// What has been written so far: which parts, how many cards, and up to which card. It holds no card data
// and lies beside the parts, in clear; the export goes on from it, and an import can be given it.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256 } from '#kit/crypto';
import { PortabilityError } from './failures.ts';
import { writePrivate } from './private-files.ts';
import type { Format } from './read-rows.ts';

export type ExportPart = {
  readonly file: string;
  readonly cards: number;
  readonly bytes: number;
  /** Of the encrypted file. */
  readonly sha256: string;
  /** Of the chain before this part and this part's digest: one value for all parts in their order. */
  readonly chain: string;
  /** The last payment method in it, spelled. */
  readonly last: string;
};

export type ExportManifest = {
  readonly kind: 'tollgate card export';
  readonly version: 1;
  readonly export: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly format: Format;
  /** The fingerprint of the key that can read it. */
  readonly recipient: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly cards: number;
  /** Ids of payment methods whose card the vault could not open, and why. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  readonly parts: readonly ExportPart[];
};

export const manifestPath = (out: string): string => `${out}.manifest.json`;

export const chainAfter = (parts: readonly ExportPart[], digest: string): string =>
  sha256(`${parts.at(-1)?.chain ?? ''}${digest}`).toString('hex');

/** The first part has the name that was asked for; `cards.jsonl.pgp` goes on as `cards.2.jsonl.pgp`. */
export const partPath = (out: string, number: number): string => {
  if (number === 1) return out;
  const name = basename(out);
  const dot = name.indexOf('.', 1);
  const [stem, rest] = dot === -1 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  return join(dirname(out), `${stem}.${number}${rest}`);
};

export const saveManifest = (path: string, manifest: ExportManifest): Promise<void> =>
  writePrivate(path, `${JSON.stringify(manifest, null, 2)}\n`);

/** Null when there is none. */
export const loadManifest = async (path: string): Promise<ExportManifest | null> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const manifest = parsed(text);
  if (manifest === null) {
    throw new PortabilityError(`The file ${path} is no manifest of an export: name another file.`);
  }
  return manifest;
};

const parsed = (text: string): ExportManifest | null => {
  try {
    const value = JSON.parse(text) as Partial<ExportManifest> | null;
    const isOurs = value?.kind === 'tollgate card export' && value.version === 1;
    return isOurs && Array.isArray(value.parts) ? (value as ExportManifest) : null;
  } catch {
    return null;
  }
};

/** Every part is there and as it was written. */
export const checkParts = async (path: string, manifest: ExportManifest): Promise<string[]> => {
  const files: string[] = [];
  const seen: ExportPart[] = [];
  for (const part of manifest.parts) {
    const file = join(dirname(path), basename(part.file));
    const digest = await digestOf(file);
    if (digest !== part.sha256 || chainAfter(seen, digest) !== part.chain) {
      throw new PortabilityError(
        `The part ${part.file} is missing or is not as it was written: fetch it again, or export to another file.`,
      );
    }
    files.push(file);
    seen.push(part);
  }
  return files;
};

const digestOf = async (file: string): Promise<string | null> => {
  const digest = createHash('sha256');
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) digest.update(piece);
  } catch {
    return null;
  }
  return digest.digest('hex');
};

/** An export that is given whole, by its manifest; or the one file that was given. */
export const filesToImport = async (file: string): Promise<string[]> => {
  if (!file.endsWith('.manifest.json')) return [file];
  const manifest = await loadManifest(file);
  if (manifest === null) throw new PortabilityError(`There is no file ${file}: check its name.`);
  if (manifest.finished_at === null) {
    throw new PortabilityError(
      'The export that this manifest tells of has not ended: run the export again, and it goes on.',
    );
  }
  return checkParts(file, manifest);
};
