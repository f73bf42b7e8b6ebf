// npm run bench:vault: one of the measurements below bench/, under the pinned Node, with all it needs.

import { become, ensureInstalled, launch, projectFolder } from './launch.mjs';

launch(async () => {
  const [name, ...args] = process.argv.slice(2);
  await ensureInstalled(projectFolder, 'dev');
  become([`${projectFolder}/bench/${name}/bench.ts`, ...args]);
});
