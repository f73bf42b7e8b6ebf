// tollgate verify: 0 when everything that can be proved holds, 1 with the first differences.

import type { Command } from 'commander';
import { verify } from '../../src/verify.ts';
import { paint, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

export const addVerify = (program: Command): void => {
  program
    .command('verify')
    .description(
      'prove the audit log, the books and the stored answers, and ask every question a healthy database answers with nothing',
    )
    .action(async () => {
      const { audit, books, answers, checks, problems } = await withRuntime(verify);
      const looked = `${audit.entries} audit entries in ${audit.seals} seals, ${books.entries} ledger entries in ${books.seals} seals, ${answers} stored answers, ${checks} checks`;
      if (problems.length === 0) {
        say(`${paint.bold('Nothing wrong.')} ${paint.dim(`(${looked})`)}`);
        return;
      }
      say(...problems, paint.dim(`(${looked})`));
      process.exitCode = 1;
    });
};
