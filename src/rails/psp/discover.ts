// Each folder here that has an `index.ts` is a provider, by the folder's name. Nobody lists them.

import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assert } from '#kit/assert';
import type { Connector } from '#rails/connectors';

const HERE = fileURLToPath(new URL('./', import.meta.url));

export const discoverConnectors = async (folder = HERE): Promise<readonly Connector[]> => {
  const found = globSync('*/index.ts', { cwd: folder }).toSorted();
  return Promise.all(
    found.map(async (file) => {
      const { connector } = (await import(pathToFileURL(join(folder, file)).href)) as {
        readonly connector?: Connector;
      };
      const name = basename(dirname(file));
      assert(connector !== undefined, `rails/psp/${name} exports no connector`);
      assert(connector.definition.name === name, `rails/psp/${name} calls itself something else`);
      return connector;
    }),
  );
};
