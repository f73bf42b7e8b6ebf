// tollgate verify: 0 when everything that can be proved holds, 1 with the first differences.

import type { Command } from 'commander';
import type { Runtime } from '../../src/runtime.ts';
import { type Verdict, verify } from '../../src/verify.ts';
import { paint, say } from '../say.ts';
import { showWaiting } from '../terminal.ts';
import { withRuntime } from '../with-runtime.ts';

export const addVerify = (program: Command): void => {
  program
    .command('verify')
    .description(
      'prove the audit log, the books and the stored answers, and ask every question a healthy database answers with nothing',
    )
    .action(async () => {
      const { audit, books, answers, checks, problems } = await withRuntime(verifyAndTell);
      const looked = `${audit.entries} audit entries in ${audit.seals} seals, ${books.entries} ledger entries in ${books.seals} seals, ${answers} stored answers, ${checks} checks`;
      if (problems.length === 0) {
        say(`${paint.bold('Nothing wrong.')} ${paint.dim(`(${looked})`)}`);
        return;
      }
      say(...problems, paint.dim(`(${looked})`));
      process.exitCode = 1;
    });
};

/** Of large books it takes minutes: which question is asked meanwhile is said on the terminal. */
const verifyAndTell = async (runtime: Runtime): Promise<Verdict> => {
  let doing = 'Verifying';
  const done = showWaiting(process.stderr, () => doing);
  try {
    return await verify(runtime, ({ number, of, what }) => {
      doing = `${number} of ${of}: ${what}`;
    });
  } finally {
    done();
  }
};
