// Which files the whole run of the tests consists of. Loading all of Tollgate takes longer than what most of them do with
// it, so those of some folders run one after the other in a few processes, each with databases and gateways of its own.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const together = [
  { name: 'conformance', processes: 4, folders: ['test/conformance'] },
  {
    name: 'journeys',
    processes: 3,
    folders: ['checkout', 'disputes', 'mails', 'three-ds', 'webhooks'].map(
      (each) => `test/${each}`,
    ),
  },
  { name: 'banks', processes: 4, folders: ['test/acquiring', 'test/payments', 'test/sandbox'] },
  {
    name: 'modules',
    processes: 4,
    folders: [
      'books',
      'cards',
      'commerce',
      'identity',
      'outward',
      'payments',
      'platform/events',
      'platform/http',
      'rails',
    ].map((each) => `src/${each}`),
  },
];

/** What kills, floods or measures, replaces what is the whole process's, or takes long anyway. */
const alone =
  /\/(another-worker|fuzz|kill|moving|rebinding|rotation|secrecy|storm|theft|unclear|walks)[^/]*\.test\.ts$/;

/** The runner takes files by their names: what begins with a dot, and takes longest, comes first. */
const entries = '.tollgate-tests';

/** All test files of these folders, with one entry in place of all that run in one process. */
export const filesTogether = (projectFolder, folders) => {
  const left = new Set(folders.flatMap(testFilesIn));
  const support = pathToFileURL(join(projectFolder, 'test/support/together.ts'));
  rmSync(entries, { recursive: true, force: true });
  mkdirSync(entries);

  const written = together.flatMap(({ name, processes, folders }) => {
    const files = folders.flatMap(testFilesIn).filter((file) => !alone.test(file));
    for (const file of files) left.delete(file);
    return Array.from({ length: processes }, (_, part) => {
      const entry = join(entries, `${name}-${part + 1}.mjs`);
      const own = files.filter((_, index) => index % processes === part);
      writeFileSync(
        entry,
        `import { runTogether } from '${support}';\n\nrunTogether(${JSON.stringify(own, null, 2)});\n`,
      );
      return entry;
    });
  });
  return [...written, ...left];
};

const testFilesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .sort()
    .map((path) => join(folder, path));
