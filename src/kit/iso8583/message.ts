// A message as our code sees it: digits and text are strings, bytes are Buffers, amounts stay strings
// of digits. Parts by position are an object, parts by tag a Map, because tags keep their order.

export type Message = { readonly mti: string; readonly fields: Fields };

export type Fields = { readonly [field: number]: FieldValue | undefined };

export type FieldValue = string | Buffer | Positions | Tags;

export type Positions = { readonly [position: number]: FieldValue | undefined };

export type Tags = ReadonlyMap<string, FieldValue>;
