// How the embedded PostgreSQL is set: durable without exception, small in memory, silent about what
// the statements carry. The file is written anew at every start; settings of one's own belong into
// ALTER SYSTEM, which PostgreSQL reads after it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.ts';
import { giveTo } from './run-as.ts';

export const port = 5432;

/**
 * What durability and secrecy rest on is given on the command line, which nothing overrides. Only
 * the throw-away server of the tests, whose data nobody will ever want back, runs without.
 */
export const fixedSettings = (home: Home, throwAway: boolean): readonly string[] =>
  flags({
    fsync: throwAway ? 'off' : 'on',
    full_page_writes: throwAway ? 'off' : 'on',
    synchronous_commit: throwAway ? 'off' : 'on',
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: `"${home.socketFolder}"`,
    unix_socket_permissions: '0700',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
  });

const flags = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

export const writeSettings = (home: Home, throwAway: boolean): void => {
  const file = join(home.cluster, 'postgresql.conf');
  writeFileSync(file, throwAway ? settings + throwAwaySettings : settings, { mode: 0o600 });
  giveTo(file, home.runAs);
};

const settings = `\
# Tollgate writes this file at every start. Use ALTER SYSTEM for settings of your own.

# Memory. A process per connection is what costs, so there are few of either.
max_connections = 60
shared_buffers = 64MB
huge_pages = off
work_mem = 4MB
maintenance_work_mem = 32MB
wal_buffers = 4MB
effective_cache_size = 256MB

# Processes. A payment's statements touch few rows: workers for parallel plans, for reading ahead
# and for logical replication would only take memory.
io_method = sync
max_worker_processes = 2
max_parallel_workers = 0
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
max_logical_replication_workers = 0
max_wal_senders = 2
autovacuum_worker_slots = 3
autovacuum_max_workers = 2

# The tables of a new installation grow tenfold while one would wait a minute: plans that were made for
# empty tables read all that a merchant has, and are made anew once PostgreSQL has looked.
autovacuum_naptime = 10s

# What serves payments goes by keys, whatever the statistics say, and its tables grow by a tenth, after which they are
# looked at anew, every few seconds when they are young: three thousand rows of each instead of thirty thousand.
default_statistics_target = 10

# Write-ahead log. Every commit is followed by others soon, so checkpoints are spread out; a
# recovery then replays at most this much, some seconds' worth.
wal_level = replica
min_wal_size = 128MB
max_wal_size = 1GB
checkpoint_timeout = 10min

# Disks are solid state today.
random_page_cost = 1.1

# Log. What the server itself does is logged; the errors of statements are not, because their text
# quotes the values at fault, and the gateway hears of them anyway.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_checkpoints = off
log_line_prefix = '%m [%p] '

# The same on every machine.
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, ymd'
default_text_search_config = 'pg_catalog.simple'
`;

/** Hundreds of databases are cloned and dropped: no log for replicas, no shared memory outside. */
const throwAwaySettings = `
max_connections = 200
wal_level = minimal
max_wal_senders = 0
wal_init_zero = off
dynamic_shared_memory_type = mmap
autovacuum = off
`;
