export const module = {
  name: 'platform/jobs',
  migrations: new URL('./migrations/', import.meta.url),
  checks: [
    {
      name: 'no job waits for a person',
      text: `select name, id, attempts, last_error from platform.jobs where failed_at is not null`,
    },
  ],
};
