// What documents are stored without: whatever is as it mostly is. Of a payment's three documents more than
// half was null. What is usual is part of the format: rows that were stored without it mean it for ever, so
// a value here is never changed, and a name is only added with what older rows mean.

export type Lean<T> = {
  /**
   * `without` is kept elsewhere. Amounts become numbers, as JSON has them: no currency's largest amount
   * comes near what a number holds.
   */
  pack(whole: T, without?: ReadonlySet<string>): Partial<T>;
  /** Also of what was stored whole. */
  unpack(stored: Partial<T>): T;
};

// A payment packs seven times some fifty fields, which was a twentieth of the API's work while each object
// was spelled to be compared and each field made an entry. `for in` makes nothing.
export const leanBy = <T extends object>(usual: Partial<T>): Lean<T> => {
  const values = new Map<string, unknown>();
  const shapes = new Map<string, Likeness>();
  for (const [name, value] of Object.entries(usual)) {
    if (isObject(value)) shapes.set(name, likenessTo(value));
    else values.set(name, value);
  }
  return {
    pack: (whole, without) => {
      const packed: Record<string, unknown> = {};
      for (const name in whole) {
        const given: unknown = whole[name];
        if (given === undefined || without?.has(name) === true) continue;
        const value = typeof given === 'bigint' ? Number(given) : given;
        if (values.get(name) === value) continue;
        if (isObject(value) && shapes.get(name)?.(value) === true) continue;
        packed[name] = value;
      }
      return packed as Partial<T>;
    },
    unpack: (stored) => ({ ...usual, ...stored }) as T,
  };
};

type Likeness = (value: unknown) => boolean;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Whether JSON spells both with the same letters: the same fields in the same order. */
const likenessTo = (usual: unknown): Likeness => {
  if (!isObject(usual)) return (value) => value === usual;
  const names = Object.keys(usual);
  const likenesses = names.map((name) => likenessTo(usual[name]));
  return (value) => {
    if (!isObject(value) || Array.isArray(value)) return false;
    let at = 0;
    for (const name in value) {
      const field = value[name];
      if (field === undefined) continue;
      if (name !== names[at] || likenesses[at]?.(field) !== true) return false;
      at += 1;
    }
    return at === names.length;
  };
};
