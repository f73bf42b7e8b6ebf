// What the product sees of the database. `platform/db` implements it on PostgreSQL; a verb gets it
// with its context and cannot reach a connection in any other way.

/** Whose rows a statement may see. Row level security admits these and no others. */
export type Scope = {
  readonly accountId: string;
  readonly livemode: boolean;
};

/** A named statement: prepared once per connection, and named in logs and metrics. */
export type Statement = {
  readonly name: string;
  readonly text: string;
  /**
   * It finds rows by an array: which of its values that is, counted from nought, and the column that tells
   * whose row it is. Those who ask at the same moment are then answered by one statement, each with its own.
   */
  readonly by?: { readonly value: number; readonly column: string };
  /** It is an error where fewer rows took effect than were given, and returns nothing otherwise. */
  readonly isSure?: boolean;
};

export type Row = Record<string, unknown>;

export type Tx = {
  query<T extends Row = Row>(statement: Statement, values?: readonly unknown[]): Promise<T[]>;
};

/**
 * One row for a table, to be committed together with others of its unit and, in one statement per
 * table, with the rows of whoever else is waiting.
 */
export type Write = {
  readonly into: WriteStatement;
  readonly row: readonly unknown[];
  /** Is called once it is known to be durable, before its caller goes on; never where that is not known. */
  readonly committed?: () => void;
};

/** The places of the account and the mode in a row. */
export type Owner = { readonly account: number; readonly livemode: number };

/**
 * A statement that writes many rows at once. `$1 … $n` are arrays, one per column; the statement
 * returns `key`, as text, for each row that took effect. A row whose key does not come back has lost
 * (a duplicate, an older version): then nothing of its unit is committed. `strayed` is told, by account
 * and key, of a row for which one of another account was changed.
 */
export type WriteStatement = Statement & {
  /** The order of statements in a batch: claims first, then versioned updates, then inserts. */
  readonly rank: number;
  /** SQL types of the columns, in order, for the array casts. */
  readonly types: readonly string[];
  /** Which column carries the text that the statement returns as `key`. */
  readonly keyColumn: number;
  /** Which columns say whose a row is; null where it is no account's. */
  readonly owner: Owner | null;
  /**
   * It cannot lose, and says what somebody does only once it stands there. That it stands there though they could not
   * be told so does no harm: it is begun, written and committed in one breath.
   */
  readonly isNote?: boolean;
  /** The same, with `$1` an array of whole rows: they are of a type that a connection makes for itself. */
  readonly ofRows?: Statement & {
    readonly type: string;
    readonly columns: readonly string[];
    /** The same, as an error where a row would lose if that can be said: COMMIT then waits for nothing. */
    readonly sure: Statement;
  };
  /** The same for one row, with a value for each column, as an error where it would lose if that can be said. */
  readonly ofOne?: Statement;
};

export type Commit = { readonly ok: true } | { readonly ok: false; readonly lost: WriteStatement };

export type Database = {
  /**
   * One statement in a short read-only transaction of its own, and in one round trip. Null: of tables that belong
   * to no account.
   */
  read<T extends Row = Row>(
    scope: Scope | null,
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<T[]>;
  /** Several statements in one transaction; serialization failures run the whole of it again. */
  transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** For tables that belong to no account (queues, locks): no rows of accounts are visible. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Group commit: all writes of the unit, durably, or none of them. */
  commit(scope: Scope, writes: readonly Write[]): Promise<Commit>;
};
