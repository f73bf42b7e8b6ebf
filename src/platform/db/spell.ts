// How values are spelled for a column, and read back from it.

/** A moment for a `timestamptz` of a statement; in the row of a batch its milliseconds are enough. */
export function spellTime(ms: number): string;
export function spellTime(ms: number | null): string | null;
export function spellTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** The names that a column keeps as small numbers, by number. */
export const namesByCode = <Name extends string>(
  codes: Readonly<Record<Name, number>>,
): ReadonlyMap<number, Name> => {
  const names = new Map<number, Name>();
  for (const name in codes) names.set(codes[name], name);
  return names;
};
