// The folder of a new provider, from the files in new-psp-files: definition, functions, mapping,
// simulator, README, and a test file in which every name is waiting. What it writes type-checks, is found
// by discovery at once, and promises nothing until somebody writes it.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchError, launch, projectFolder } from './launch.mjs';

const usage = 'Use it like this: bin/new-psp NAME [--into FOLDER]';
const templates = fileURLToPath(new URL('./new-psp-files/', import.meta.url));

const write = async () => {
  const { name, into } = read(process.argv.slice(2));
  const folder = join(into, name);
  if (existsSync(folder)) throw new LaunchError(`There is a folder ${folder} already.`);

  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(templates).toSorted()) {
    const target = join(folder, file.replace('.template', '').replace('NAME', name));
    const text = readFileSync(join(templates, file), 'utf8');
    writeFileSync(target, text.replaceAll('__name__', name).replaceAll('__Title__', titleOf(name)));
    process.stdout.write(`${target}\n`);
  }
  process.stdout.write(
    `\nNext: read docs/guides/adding-a-provider.md, declare an operation in definition.ts,\nand run: npm test -- test/connectors src/rails/psp/${name}\n`,
  );
};

const read = (args) => {
  const at = args.indexOf('--into');
  const into = at === -1 ? join(projectFolder, 'src/rails/psp') : args[at + 1];
  const names = args.filter((_, index) => at === -1 || (index !== at && index !== at + 1));
  if (names.length !== 1 || into === undefined) throw new LaunchError(usage);
  const [name] = names;
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    throw new LaunchError(
      `A name is small letters, digits and dashes, like adyen or bank-of-x. ${usage}`,
    );
  }
  return { name, into: resolve(into) };
};

const titleOf = (name) =>
  name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join(' ');

launch(write);
