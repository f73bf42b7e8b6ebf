// Makes sure that the packages are installed, quietly. npm's own settings and those of the user say
// many things that are right elsewhere (leave out dev packages, run in production, change nothing)
// and wrong here, so what matters is said outright, and of the settings of an npm that started us
// only the way to the registry is kept.

import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withInstallLock } from './install-lock.mjs';
import { installedPackages, packagesAreThere } from './packages.mjs';
import { showProgress } from './progress.mjs';

export class LaunchError extends Error {}

/** `scope` is `runtime` or `dev`. */
export const ensureInstalled = async (projectFolder, scope) => {
  if (packagesAreThere(projectFolder, scope)) return;
  refuseReadOnly(projectFolder);

  await withInstallLock(projectFolder, {
    onWait: sayWaiting,
    work: async () => {
      if (!packagesAreThere(projectFolder, scope)) await install(projectFolder, scope);
    },
  });
};

const sayWaiting = () =>
  process.stderr.write('Another Tollgate is installing packages; waiting …\n');

const refuseReadOnly = (projectFolder) => {
  try {
    accessSync(projectFolder, constants.W_OK);
  } catch {
    throw new LaunchError(
      `The packages are not installed, and ${projectFolder} is not writable for this user; run "npm install" there as its owner.`,
    );
  }
};

const install = async (projectFolder, scope) => {
  const progress = showProgress('Installing packages, once');
  const cache = usableCache();
  const { code, output } = await runNpm(
    commandFor(projectFolder, scope),
    projectFolder,
    cache.folder,
  ).finally(cache.remove);

  if (code === 0 && packagesAreThere(projectFolder, scope)) {
    progress.done('Packages installed');
    return;
  }
  progress.clear();
  process.stderr.write(output);
  throw new LaunchError(
    code === 0
      ? 'npm left out packages that this machine needs; what it said is above.'
      : 'The packages could not be installed; what npm said is above.',
  );
};

/**
 * `npm install` adds what is missing and leaves the rest alone, and a gateway may be running out of
 * the same packages. `npm ci` would begin by deleting them; it also refuses a lock file without the
 * optional packages of every platform, which npm itself writes (npm/cli issue 4828). That the lock
 * file was followed to the letter is checked afterwards. Dev packages that are there already stay.
 */
const commandFor = (projectFolder, scope) => {
  const installed = Object.values(installedPackages(projectFolder) ?? {});
  const withDev = scope === 'dev' || installed.some(({ dev }) => dev);
  return [
    'install',
    '--no-save',
    withDev ? '--include=dev' : '--omit=dev',
    '--include=prod',
    '--include=optional',
  ];
};

/** By the environment, because npm refuses flags that a command of it does not know. */
const settings = {
  npm_config_ignore_scripts: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_progress: 'false',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
  npm_config_package_lock: 'true',
  npm_config_global: 'false',
  npm_config_dry_run: 'false',
  npm_config_install_strategy: 'hoisted',
};

const runNpm = (args, cwd, cache) =>
  new Promise((resolve, reject) => {
    const [program, ...first] = npmCommand();
    const child = spawn(program, [...first, ...args], {
      cwd,
      env: { ...inheritedEnvironment(), ...settings, npm_config_cache: cache },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => {
      const reason = error.code === 'ENOENT' ? 'npm was not found' : error.message;
      reject(new LaunchError(`The packages could not be installed: ${reason}.`));
    });
    child.on('close', (code) => resolve({ code, output }));

    // An interrupted launcher must not leave npm at work in the folder.
    const stop = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
    child.on('close', () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, stop);
    });
  });

/** The npm that started us, else the one that came with this Node, else the one in PATH. */
const npmCommand = () => {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const script = candidates.find(
    (path) => path !== undefined && basename(path) === 'npm-cli.js' && existsSync(path),
  );
  return script === undefined ? ['npm'] : [process.execPath, script];
};

const inheritedSettings = [
  'registry',
  'userconfig',
  'globalconfig',
  'proxy',
  'https_proxy',
  'noproxy',
  'ca',
  'cafile',
  'cert',
  'key',
  'strict_ssl',
  'offline',
  'prefer_offline',
  'maxsockets',
  'fetch_retries',
  'fetch_timeout',
].map((name) => `npm_config_${name}`);

const inheritedEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => isInherited(name.toLowerCase())),
  );

const isInherited = (name) => {
  if (name === 'node_env' || name === 'init_cwd') return false;
  return !name.startsWith('npm_') || inheritedSettings.includes(name);
};

/** An odd HOME (a service user, a container) gets a cache for this one time. */
const usableCache = () => {
  const usual = process.env.npm_config_cache ?? join(homedir(), '.npm');
  if (isWritable(usual)) return { folder: usual, remove: () => {} };

  const folder = mkdtempSync(join(tmpdir(), 'tollgate-npm-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** An npm that once ran as root leaves folders here that its owner cannot write to. */
const isWritable = (cache) => {
  try {
    mkdirSync(join(cache, '_cacache/tmp'), { recursive: true });
    for (const name of ['', '_cacache', '_cacache/tmp']) {
      accessSync(join(cache, name), constants.W_OK);
    }
    return true;
  } catch {
    return false;
  }
};
