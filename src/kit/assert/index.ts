// A broken assertion is a bug: it ends the request and never goes on with wrong data.

export class Bug extends Error {
  override readonly name = 'Bug';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}

export const present = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new Bug(`${what} is missing`);
  return value;
};

export const unreachable = (value: never, what: string): never => {
  throw new Bug(`${what} is not known: ${String(value)}`);
};
