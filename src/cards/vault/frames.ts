// What travels between a process and the vault's: a length, a length, JSON, and beside it the secret
// bytes that the JSON points to. Card numbers thus never become text on the way, and both sides can
// zero what they sent and received.

const LENGTHS_BYTES = 8;
export const FRAME_BYTES_MAX = 64 * 1024;

type Pointer = { readonly $bytes: readonly [from: number, length: number] };

export const encodeFrame = (value: unknown): Buffer => {
  const secrets: Buffer[] = [];
  let secretBytes = 0;
  const json = Buffer.from(
    JSON.stringify(
      replaceBytes(value, (bytes) => {
        const pointer: Pointer = { $bytes: [secretBytes, bytes.length] };
        secrets.push(bytes);
        secretBytes += bytes.length;
        return pointer;
      }),
    ),
  );
  const frame = Buffer.alloc(LENGTHS_BYTES + json.length + secretBytes);
  frame.writeUInt32BE(frame.length - 4, 0);
  frame.writeUInt32BE(json.length, 4);
  json.copy(frame, LENGTHS_BYTES);
  let at = LENGTHS_BYTES + json.length;
  for (const secret of secrets) at += secret.copy(frame, at);
  return frame;
};

const replaceBytes = (value: unknown, put: (bytes: Buffer) => Pointer): unknown => {
  if (Buffer.isBuffer(value)) return put(value);
  if (Array.isArray(value)) return value.map((item) => replaceBytes(item, put));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, replaceBytes(item, put)]),
  );
};

/** Bytes in what it gives are views of the frame: zeroing the frame zeroes them. */
const decodeFrame = (frame: Buffer): unknown => {
  const jsonLength = frame.readUInt32BE(4);
  const secretsAt = LENGTHS_BYTES + jsonLength;
  if (secretsAt > frame.length) throw new FrameError('A frame is shorter than it says.');
  const secrets = frame.subarray(secretsAt);
  return JSON.parse(frame.toString('utf8', LENGTHS_BYTES, secretsAt), (_name, value: unknown) => {
    if (!isPointer(value)) return value;
    const [from, length] = value.$bytes;
    return secrets.subarray(from, from + length);
  });
};

const isPointer = (value: unknown): value is Pointer =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '$bytes');

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Takes what arrives, however it is cut, and hands on whole frames. Throws FrameError. */
export const frameReader = (
  take: (value: unknown, wipe: () => void) => void,
): ((chunk: Buffer) => void) => {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    const before = pending;
    pending = Buffer.concat([before, chunk]);
    before.fill(0);
    chunk.fill(0);
    while (pending.length >= LENGTHS_BYTES) {
      const length = pending.readUInt32BE(0) + 4;
      if (length > FRAME_BYTES_MAX) throw new FrameError('A frame is too long.');
      if (length < LENGTHS_BYTES) throw new FrameError('A frame is too short.');
      if (pending.length < length) return;
      const frame = Buffer.from(pending.subarray(0, length));
      pending.fill(0, 0, length);
      pending = pending.subarray(length);
      let value: unknown;
      try {
        value = decodeFrame(frame);
      } catch (error) {
        frame.fill(0);
        // What cannot be parsed must not be repeated by the error that says so.
        throw error instanceof FrameError ? error : new FrameError('A frame cannot be read.');
      }
      take(value, () => frame.fill(0));
    }
  };
};

/** Zeroes every byte a value holds. */
export const wipeBytes = (value: unknown): void => {
  if (Buffer.isBuffer(value)) value.fill(0);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(wipeBytes);
};
