// A Ctrl-C at the terminal reaches the whole foreground group, and PostgreSQL must not hear it: it
// has to outlive the gateway's drain. So it runs in a session of its own. Yet it must not outlive
// a gateway that was killed, so a small shell watches a pipe that only we hold open: when we end,
// in whatever way, the kernel closes it, and the shell asks PostgreSQL for a fast shutdown.

/**
 * The program takes the place of the first shell, so that the process we started is PostgreSQL
 * itself, with its own process id and exit code. The watcher is started twice removed, because
 * PostgreSQL must not find a child that it did not start.
 *
 * A line on the pipe tells the watcher that the program has ended already: it must not signal a
 * number that may belong to another process by then.
 */
const script = `
exec 3<&0 </dev/null
( ( trap '' HUP INT QUIT TERM; cd /; read -r word <&3 || kill -INT $$ ) >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

export const commandThatEndsWithUs = (
  command: readonly string[],
): { program: string; arguments: string[] } => ({
  program: '/bin/sh',
  arguments: ['-c', script, 'tollgate-postgres', ...command],
});

/** Nothing of ours, which holds secrets; messages in English, because we read them. */
export const environment: NodeJS.ProcessEnv = {
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
