import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings, type Settings } from '../src/config.ts';

const projectFolder = fileURLToPath(new URL('../', import.meta.url));

/** The data folder stands in the project, wherever the command was given. */
export const settingsOfProject = (env: NodeJS.ProcessEnv): Settings =>
  readSettings({ ...env, TOLLGATE_DATA: env.TOLLGATE_DATA || join(projectFolder, '.tollgate') });
