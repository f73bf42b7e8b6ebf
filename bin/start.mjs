// npm start: a gateway to try, with all it needs.

import { become, ensureInstalled, launch, projectFolder } from './launch.mjs';

launch(async () => {
  await ensureInstalled(projectFolder, 'runtime');
  const command = ['start', '--quickstart', ...process.argv.slice(2)];
  become([`${projectFolder}/cli/tollgate.ts`, ...command], { endsWithParent: true });
});
