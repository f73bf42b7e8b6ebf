// What is known beside an object, for as long as that lives, and by nobody but who made the place for it.
//
// A WeakMap says the same of objects that are few. Its entries are looked through with the whole of the memory only, and
// hold on until then to all that their values lead to: with an entry for each payment the memory of each lived for
// seconds instead of milliseconds, and looking for it took both cores.

export type Beside<Of extends object, T> = {
  get(of: Of): T | undefined;
  set(of: Of, what: T): void;
};

/** A copy of an object is another, and what is frozen takes nothing. */
export const beside = <Of extends object, T>(): Beside<Of, T> => {
  const place = Symbol('beside');
  return {
    get: (of) => (of as { readonly [place]?: T })[place],
    set: (of, what) => void Object.defineProperty(of, place, { value: what, writable: true }),
  };
};
