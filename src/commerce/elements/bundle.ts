// Modules of `web/` as one script, so that a frame in somebody's page costs one request: each stands in a function
// of its own, and what it exports is handed to those behind it.

import { type PageScript, pinned, sourceOf } from '#commerce/checkout';

/** `paths` from the most independent to the one that begins. */
export const bundle = (alias: string, paths: readonly string[], reason: string): PageScript =>
  pinned(alias, paths.map((path, at) => asFunction(path, at, paths)).join('\n'), reason);

const asFunction = (path: string, at: number, paths: readonly string[]): string => {
  const source = sourceOf(path);
  const exported = [...source.matchAll(/^export (?:const|class) (\w+)/gm)].map(([, name]) => name);
  const inside = source
    .replaceAll(/^import ([^;]+?) from '([^']+)';\n/gm, (_, names: string, from: string) => {
      const name = from.slice(from.lastIndexOf('/'));
      return `const ${names.replace('* as ', '')}=m${paths.findIndex((one) => one.endsWith(name))};\n`;
    })
    .replaceAll(/^export /gm, '');
  return `const m${at}=(()=>{${inside}return{${exported.join()}}})();`;
};
