// The shop's own book. An order is written before anybody is asked for money, and knows which payment it
// belongs to. It becomes paid once, by whoever proves it first: the webhook, or the reconciliation.

import { DatabaseSync } from 'node:sqlite';

export type OrderState = 'open' | 'paid' | 'refunded' | 'canceled';

export type Order = {
  readonly id: string;
  /** Who knows it may see the order. */
  readonly token: string;
  readonly state: OrderState;
  readonly items: readonly { readonly product: string; readonly quantity: number }[];
  readonly total: number;
  readonly currency: string;
  readonly email: string | null;
  readonly session: string | null;
  readonly payment: string | null;
  /** How often paying was begun: part of the idempotency key. */
  readonly tries: number;
  /** What the last decline said. */
  readonly refusal: string | null;
  readonly paidBy: 'webhook' | 'reconciliation' | null;
  readonly createdAtMs: number;
};

type Row = Omit<Order, 'items'> & { readonly items: string };

export type Orders = {
  add(order: Order): void;
  find(id: string): Order | undefined;
  ofSession(session: string): Order | undefined;
  ofPayment(payment: string): Order | undefined;
  /** Paying begins: the next number of tries. */
  beginTry(id: string): number;
  setSession(id: string, session: string): void;
  /** Null: it was canceled, and is paid in another way. */
  setPayment(id: string, payment: string | null): void;
  refuse(id: string, why: string): void;
  /** True for the one who changed it. */
  markPaid(id: string, by: NonNullable<Order['paidBy']>, email: string | null): boolean;
  markRefunded(id: string): boolean;
  openSince(ms: number): Order[];
  newest(limit: number): Order[];
  /** True the first time. */
  seeEvent(id: string): boolean;
  setting(name: string): string | undefined;
  keepSetting(name: string, value: string): void;
  close(): void;
};

export const openOrders = (file: string): Orders => {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists orders (
      id text primary key, token text not null, state text not null, items text not null,
      total integer not null check (total > 0), currency text not null, email text,
      session text unique, payment text unique, tries integer not null default 0, refusal text,
      paidBy text, createdAtMs integer not null) strict;
    create table if not exists events (id text primary key) strict;
    create table if not exists settings (name text primary key, value text not null) strict;`);

  const one = (sql: string, ...values: (string | number)[]): Order | undefined => {
    const row = db.prepare(sql).get(...values) as Row | undefined;
    return row && orderOf(row);
  };
  const many = (sql: string, ...values: (string | number)[]): Order[] =>
    (db.prepare(sql).all(...values) as Row[]).map(orderOf);
  const run = (sql: string, ...values: (string | number | null)[]): boolean =>
    Number(db.prepare(sql).run(...values).changes) > 0;

  return {
    add: (order) =>
      void run(
        `insert into orders (id, token, state, items, total, currency, createdAtMs)
         values (?, ?, ?, ?, ?, ?, ?)`,
        order.id,
        order.token,
        order.state,
        JSON.stringify(order.items),
        order.total,
        order.currency,
        order.createdAtMs,
      ),
    find: (id) => one('select * from orders where id = ?', id),
    ofSession: (session) => one('select * from orders where session = ?', session),
    ofPayment: (payment) => one('select * from orders where payment = ?', payment),
    beginTry: (id) => {
      run('update orders set tries = tries + 1 where id = ?', id);
      return one('select * from orders where id = ?', id)?.tries ?? 0;
    },
    setSession: (id, session) =>
      void run('update orders set session = ? where id = ?', session, id),
    setPayment: (id, payment) =>
      void run('update orders set payment = ? where id = ?', payment, id),
    refuse: (id, why) =>
      void run(`update orders set refusal = ? where id = ? and state = 'open'`, why, id),
    markPaid: (id, by, email) =>
      run(
        `update orders set state = 'paid', paidBy = ?, email = coalesce(?, email), refusal = null
          where id = ? and state = 'open'`,
        by,
        email,
        id,
      ),
    markRefunded: (id) =>
      run(`update orders set state = 'refunded' where id = ? and state = 'paid'`, id),
    openSince: (ms) =>
      many(
        `select * from orders where state = 'open' and createdAtMs > ?
            and (session is not null or payment is not null)`,
        ms,
      ),
    newest: (limit) => many('select * from orders order by createdAtMs desc limit ?', limit),
    seeEvent: (id) => run('insert into events (id) values (?) on conflict do nothing', id),
    setting: (name) =>
      (
        db.prepare('select value from settings where name = ?').get(name) as
          | { value: string }
          | undefined
      )?.value,
    keepSetting: (name, value) =>
      void run(
        'insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
        name,
        value,
      ),
    close: () => db.close(),
  };
};

const orderOf = (row: Row): Order => ({ ...row, items: JSON.parse(row.items) as Order['items'] });
