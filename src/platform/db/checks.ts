export const checks = [
  {
    // It is counted where it is met, in an index too, which no other question may read.
    name: 'PostgreSQL has met no page that is damaged on the disk',
    text: `select datname, checksum_failures, checksum_last_failure::text as last_failure
             from pg_stat_database
            where datname = current_database() and checksum_failures > 0`,
  },
];
