// npm run bench:NAME: one of the folders of bench/, under the pinned Node, with all it needs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { become, ensureInstalled, LaunchError, launch, projectFolder } from './launch.mjs';

launch(async () => {
  const [name = '', ...rest] = process.argv.slice(2);
  const program = join(projectFolder, 'bench', name, 'bench.ts');
  if (name === '' || !existsSync(program)) {
    throw new LaunchError(`There is no bench "${name}"; each has a folder in bench/.`);
  }
  await ensureInstalled(projectFolder, 'dev');
  become([program, ...rest]);
});
