// A world for a test: its own database, its own folder, and a gateway's side of the wire.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Sandbox, type SandboxSettings, startSandbox } from '../../../sandbox/main.ts';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';
import { withDatabase } from '../../../src/platform/db/url.ts';
import { testServer } from '../../../src/platform/postgres/for-tests.ts';

export const newDatabase = async (): Promise<string> => {
  const { ownerUrl } = await testServer();
  const name = `sandbox_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return withDatabase(ownerUrl, name);
};

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-world-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const newSettings = async (more: Partial<SandboxSettings> = {}) => ({
  databaseUrl: await newDatabase(),
  dataFolder: newFolder(),
  acquirerPort: 0,
  controlPort: 0,
  seed: 'a seed',
  ...more,
});

export const newSandbox = async (more: Partial<SandboxSettings> = {}): Promise<Sandbox> => {
  const sandbox = await startSandbox(await newSettings(more));
  atEnd(() => sandbox.stop());
  return sandbox;
};
