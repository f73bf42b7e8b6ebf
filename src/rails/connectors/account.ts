// A merchant's account at a provider: which connector, in which order it is wanted, and its settings.
// What the definition calls secret is sealed and is opened for the calls of a connector alone.

import type { Uuid } from '#kit/ids';

export type StoredAccount = {
  readonly id: Uuid;
  readonly version: number;
  readonly connector: string;
  /** What its owner calls it. */
  readonly label: string;
  /** Lower is asked first. */
  readonly priority: number;
  readonly enabled: boolean;
  readonly deleted: boolean;
  /** Which ways to pay it takes; null: all of its connector that need not be switched on. */
  readonly methods: readonly string[] | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Buffer;
  /** Which of them are set, for those who may not see them. */
  readonly secretNames: readonly string[];
};
