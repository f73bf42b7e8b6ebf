// What documents are stored without: whatever is as it mostly is. Of a payment's three documents more than
// half was null. What is usual is part of the format: rows that were stored without it mean it for ever, so
// a value here is never changed, and a name is only added with what older rows mean.

export type Lean<T> = {
  /** `without` is kept elsewhere. */
  pack(whole: T, without?: ReadonlySet<string>): Partial<T>;
  /** Also of what was stored whole. */
  unpack(stored: Partial<T>): T;
};

export const leanBy = <T extends object>(usual: Partial<T>): Lean<T> => {
  const known = new Map(Object.entries(usual));
  const spelled = new Map<string, string>();
  for (const [name, value] of known) {
    if (typeof value === 'object' && value !== null) spelled.set(name, JSON.stringify(value));
  }
  const isUsual = (name: string, value: unknown): boolean => {
    if (!known.has(name)) return false;
    return known.get(name) === value || spelled.get(name) === textOf(value);
  };
  return {
    pack: (whole, without) => {
      const packed: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(whole)) {
        if (without?.has(name) === true || value === undefined || isUsual(name, value)) continue;
        packed[name] = value;
      }
      return packed as Partial<T>;
    },
    unpack: (stored) => ({ ...usual, ...stored }) as T,
  };
};

/** Null for what is no object: nothing usual is spelled so. */
const textOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
