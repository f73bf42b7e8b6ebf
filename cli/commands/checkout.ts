// tollgate checkout: how the pages of an account look, in whose name they speak, and who may embed them.

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { differencesOfLivePage, loadLook, renderLook, setLook } from '#commerce/checkout';
import { scopeOf, type Where } from '../account-scope.ts';
import { addressOf } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { readQuickstart } from '../quickstart.ts';
import { readJson } from '../read-json.ts';
import { say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

export const addCheckout = (program: Command): void => {
  const checkout = program
    .command('checkout')
    .description('read and set how checkout pages look, and who may embed them');
  const add = (name: string, says: string) =>
    checkout
      .command(name)
      .description(says)
      .option('--account <id>', 'whose pages; needed when there are several accounts')
      .option('--live', 'of live mode rather than test mode', false);

  add('show', 'print the settings, as JSON').action((where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const { look } = await loadLook(runtime.context, scope);
      say(JSON.stringify(renderLook(look, scope.livemode), null, 2));
    }),
  );

  checkout
    .command('check')
    .description('fetch the live page as a browser would, and compare it with this release')
    .option(
      '--url <url>',
      'the address that payers are sent to; the one of the settings, or of the quick start that is up, when left out',
    )
    .action((where: { url?: string }) =>
      withRuntime(async ({ context, settings }) => {
        const { publicUrl, data, port } = settings;
        const known = publicUrl || readQuickstart(data)?.url || `http://localhost:${port}`;
        const at = addressOf(where.url ?? known);
        const differences = await differencesOfLivePage(context, at);
        if (differences === null) throw new CliError(`The checkout page was not reached at ${at}.`);
        if (differences.length > 0) {
          throw new CliError(
            `The checkout page is not that of this release: ${differences.join(', ')}.`,
          );
        }
        say('The checkout page is that of this release, to the byte.');
      }),
    );

  add('set [file]', 'change what a JSON file names: accent, background, font, radius, embedders, …')
    .option('--logo <picture>', 'a PNG, JPEG, WebP or SVG file to show beside the name')
    .option('--icon <picture>', 'the same for the tab of the browser')
    .action((file: string | undefined, where: Where & { logo?: string; icon?: string }) =>
      withRuntime(async (runtime) => {
        const set = await setLook(runtime.context, await scopeOf(runtime, where), {
          ...(file === undefined ? {} : settingsIn(file)),
          ...(where.logo === undefined ? {} : { logo: pictureIn(where.logo) }),
          ...(where.icon === undefined ? {} : { icon: pictureIn(where.icon) }),
        });
        if (!set.ok) throw new CliError(set.problem);
        say('Saved: pages that are opened from now on look so.');
      }),
    );
};

const settingsIn = (file: string): Readonly<Record<string, unknown>> => {
  const value = readJson(file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError(`${file} must hold an object, like {"accent": "#0a5c36"}.`);
  }
  return { ...value };
};

const types: Readonly<Record<string, string>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.svg': 'svg+xml',
};

const pictureIn = (file: string): string => {
  const type = types[extname(file).toLowerCase()];
  if (type === undefined) throw new CliError(`${file} is no PNG, JPEG, WebP or SVG file.`);
  try {
    return `data:image/${type};base64,${readFileSync(file).toString('base64')}`;
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${String(error)}`);
  }
};
