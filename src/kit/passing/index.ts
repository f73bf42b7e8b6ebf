// What passes through: entries that come and go all the time, in something that stays as long as the process. A Map or a
// Set would do, but for how V8 collects. It moves to a new table every few dozen changes, and its old tables point to their
// successors and to what was in them. Once one of these has become old memory, all that come after it are kept until the
// whole heap is looked through, with whole payments in them. So what is taken out here is taken out of its entry too, and
// old tables hold empty ones. The same holds for keys: let them be small.

type Entry<V> = { value: V | undefined };

export class Passing<K, V extends object> {
  readonly #entries = new Map<K, Entry<V>>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** What was there under this key is gone, and its place is kept. */
  set(key: K, value: V): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { value });
    else entry.value = value;
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.value = undefined;
    return this.#entries.delete(key);
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<readonly [key: K, value: V]> {
    for (const [key, { value }] of this.#entries) if (value !== undefined) yield [key, value];
  }
}
