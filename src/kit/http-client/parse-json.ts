// JSON from outside. Numbers keep their source text, because an amount that went through a double is an
// amount that may have changed.

/** A number as it was written. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}

type Reviver = (key: string, value: unknown, source: { readonly source?: string }) => unknown;

/** Undefined when it is no JSON. Every number is a `NumberText`. */
export const parseJsonText = (text: string): unknown => {
  const keep: Reviver = (_, value, { source }) =>
    typeof value === 'number' ? new NumberText(source ?? String(value)) : value;
  try {
    return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]) as unknown;
  } catch {
    return undefined;
  }
};
