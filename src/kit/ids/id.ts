// How an id is spelled at the edge: a prefix that names its kind and 22 letters and digits that carry
// the 128 bits. The spelling keeps the order of time.

import { type Uuid, uuidFromBytes, writeUuid } from './uuid.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WIDTH = 22;

// An answer spells some twenty ids, and an event six. A number is taken as chunks of 16 bits, of each of which
// it is known what it adds to each word of four letters: then a word is a sum and one division. All of it
// is exact in a double. Dividing one bigint 22 times took 2.9 µs of each id, dividing words 0.6, this 0.4.
const CHUNK = 2 ** 16;
const WORD = 62 ** 4;
const BYTES_MAX = 112;
const CHUNKS_MAX = BYTES_MAX / 2;
const WORDS_MAX = Math.ceil((BYTES_MAX * 8) / Math.log2(WORD));
const ID_CHUNKS = 8;

/** Of what is being spelled or read, the least first. */
const chunks = new Float64Array(CHUNKS_MAX);

/** By word and chunk, the least first. */
const weights = new Float64Array(WORDS_MAX * CHUNKS_MAX);
const power = new Float64Array(WORDS_MAX);
power[0] = 1;
for (let chunk = 0; chunk < CHUNKS_MAX; chunk += 1) {
  let carry = 0;
  for (let word = 0; word < WORDS_MAX; word += 1) {
    weights[word * CHUNKS_MAX + chunk] = power[word]!;
    const value = power[word]! * CHUNK + carry;
    carry = Math.floor(value / WORD);
    power[word] = value - carry * WORD;
  }
}

const pairs = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

/** Of a UUID, on its way. */
const read = Buffer.alloc(ID_CHUNKS * 2);

export const spellId = (prefix: string, uuid: Uuid): string => `${prefix}_${spellUuid(uuid)}`;

/** What stands behind the prefix, whatever that is. */
export const spellUuid = (uuid: Uuid): string => {
  if (!writeUuid(read, 0, uuid)) throw new Error('This is no UUID.');
  return spell(takeApart(read), WIDTH);
};

/** Gives how many chunks they are. */
const takeApart = (bytes: Buffer): number => {
  const count = Math.ceil(bytes.length / 2);
  for (let chunk = 0; chunk < count; chunk += 1) {
    const low = bytes.length - 1 - chunk * 2;
    chunks[chunk] = bytes[low]! + (low === 0 ? 0 : bytes[low - 1]!) * 256;
  }
  return count;
};

const spell = (count: number, letters: number): string => {
  let spelled = '';
  let carry = 0;
  for (let word = 0; spelled.length < letters; word += 1) {
    const row = word * CHUNKS_MAX;
    let sum = carry;
    for (let chunk = 0; chunk < count; chunk += 1) sum += chunks[chunk]! * weights[row + chunk]!;
    carry = Math.floor(sum / WORD);
    const rest = sum - carry * WORD;
    const high = Math.floor(rest / pairs.length);
    const isPair = letters - spelled.length <= 2;
    spelled = (isPair ? '' : pairs[high]!) + pairs[rest - high * pairs.length]! + spelled;
  }
  return spelled.length === letters ? spelled : spelled.slice(-letters);
};

const valueOf = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value += 1) {
  valueOf[ALPHABET.charCodeAt(value)] = value;
}

/** Null when it is not an id of that kind. Ids are compared byte for byte: there is one spelling. */
export const parseId = (prefix: string, spelled: string): Uuid | null => {
  if (spelled.length !== prefix.length + 1 + WIDTH || !spelled.startsWith(`${prefix}_`))
    return null;

  chunks.fill(0, 0, ID_CHUNKS);
  let place = prefix.length + 1;
  // Two letters first, then four at a time.
  for (let end = place + 2; end <= spelled.length; end += 4) {
    let more = 0;
    for (; place < end; place += 1) {
      const value = valueOf[spelled.charCodeAt(place)] ?? -1;
      if (value < 0) return null;
      more = more * 62 + value;
    }
    for (let chunk = 0; chunk < ID_CHUNKS; chunk += 1) {
      const value = chunks[chunk]! * WORD + more;
      more = Math.floor(value / CHUNK);
      chunks[chunk] = value - more * CHUNK;
    }
    // Beyond 128 bits.
    if (more > 0) return null;
  }
  for (let chunk = 0; chunk < ID_CHUNKS; chunk += 1) {
    read.writeUInt16BE(chunks[chunk]!, (ID_CHUNKS - 1 - chunk) * 2);
  }
  return uuidFromBytes(read);
};

/** Those that are ids of that kind. */
export const parseIds = (prefix: string, spelled: readonly string[]): Uuid[] =>
  spelled.map((id) => parseId(prefix, id)).filter((id) => id !== null);

/** Letters and digits with at least that many random bits, for secrets that people copy. */
export const spellBytes = (bytes: Buffer): string => {
  if (bytes.length > BYTES_MAX) throw new Error(`No more than ${BYTES_MAX} bytes are spelled.`);
  const count = takeApart(bytes);
  const spelled = spell(count, Math.ceil((bytes.length * 8) / Math.log2(62)));
  // What was spelled may be a secret.
  chunks.fill(0, 0, count);
  return spelled;
};
