export {
  type Connection,
  type ConnectionSettings,
  connect,
  DatabaseUnavailable,
  isServerError,
} from './connection.ts';
export { type DatabaseSettings, type OpenDatabase, openDatabase } from './database.ts';
export { describeSchema } from './describe-schema.ts';
export { agreeOn } from './installation.ts';
export * from './migrate.ts';
export { CommitUnknown } from './transaction.ts';
export { withDatabase, withLogin, withoutPassword } from './url.ts';
export { insertRows, rank, statement, writeRows } from './write.ts';
