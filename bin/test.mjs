// npm test: format, lint and types, then the tests. With file names or flags of the test runner
// (`npm test -- src/kit/ids`) it runs these tests alone. `--full` adds the long runs.

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  become,
  ensureInstalled,
  LaunchError,
  launch,
  packageCommand,
  pinnedNode,
  projectFolder,
} from './launch.mjs';
import { showProgress } from './progress.mjs';
import { filesTogether } from './test-files.mjs';

const checks = [
  { name: 'format', command: ['@biomejs/biome', 'biome'], args: ['check', '--colors=off'] },
  { name: 'lint', command: ['oxlint', 'oxlint'], args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['typescript', 'tsc'], args: ['--pretty', 'false'] },
];

const folders = ['src', 'cli', 'test'];

// A test that hangs must not hang the run; the long runs are long on purpose. The limit is one of a process with its
// files, too: where a dozen of them run in one it is that of all.
const testTimeoutMs = { some: 5 * 60_000, whole: 20 * 60_000, full: 6 * 60 * 60_000 };

launch(async () => {
  const isFull = process.argv.includes('--full');
  const args = process.argv.slice(2).filter((arg) => arg !== '--full');
  process.chdir(projectFolder);
  if (isFull) process.env.TOLLGATE_TEST_FULL = '1';
  // What each of two thousand modules might be a link to is an eighth of what it takes to load them, hundreds of times.
  process.env.NODE_PRESERVE_SYMLINKS = '1';

  await ensureInstalled(projectFolder, 'dev');
  const isWhole = args.length === 0;
  if (isWhole) {
    await runChecks();
    if (!isFull) args.push(...filesTogether(projectFolder, folders));
  }
  become(testCommand(args, testTimeoutMs[isFull ? 'full' : isWhole ? 'whole' : 'some']));
});

const runChecks = async () => {
  const progress = showProgress('Checking format, lint and types');
  const results = await Promise.all(checks.map(runCheck));
  const failed = results.filter(({ code }) => code !== 0);
  if (failed.length === 0) {
    progress.done('Format, lint and types are good');
    return;
  }

  progress.clear();
  for (const { output } of failed) process.stdout.write(`${output}\n`);
  throw new LaunchError(`Not good: ${failed.map(({ name }) => name).join(', ')}.`);
};

const runCheck = ({ name, command, args }) =>
  new Promise((resolve, reject) => {
    const child = spawn(pinnedNode(), [packageCommand(...command), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ name, code, output }));
  });

const testCommand = (args, timeoutMs) => {
  const places = args.filter((arg) => !arg.startsWith('-') && existsSync(arg));
  return [
    '--test',
    '--test-concurrency=2',
    '--test-reporter=spec',
    '--test-global-setup=src/platform/postgres/test-setup.ts',
    `--test-timeout=${timeoutMs}`,
    ...args.filter((arg) => !places.includes(arg)),
    ...(places.length === 0 ? folders : places).map(asPattern),
  ];
};

const asPattern = (place) => (statSync(place).isDirectory() ? join(place, '**/*.test.ts') : place);
