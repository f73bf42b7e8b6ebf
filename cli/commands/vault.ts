// tollgate vault: keys of the vault, for those who hold the ceremony (see src/cards/vault/README.md).

import { type Command, Option } from 'commander';
import { vaultOf } from '#cards/vault';
import { systemClock, systemRandom } from '#kit/context';
import { createVaultKey } from '../../src/vault-access.ts';
import { say } from '../say.ts';
import { settingsOfProject } from '../settings.ts';
import { withRuntime } from '../with-runtime.ts';

type Key = 'key_encryption' | 'data' | 'fingerprint' | 'risk';

export const addVault = (program: Command): void => {
  const vault = program.command('vault').description("make and rotate the vault's keys");

  vault
    .command('create-key')
    .description(
      'make a key-encryption key in two shares, one in each folder of TOLLGATE_KEY_SHARES',
    )
    .action(async () => {
      const means = { clock: systemClock, random: systemRandom };
      const id = await createVaultKey(settingsOfProject(process.env), means);
      say(`Key ${id} is made. Keep its two shares apart, and give each a backup of its own.`);
    });

  vault
    .command('rotate')
    .description('begin a rotation and carry it through; requests go on meanwhile')
    .addOption(
      new Option('--key <key>', 'which key')
        .choices(['key_encryption', 'data', 'fingerprint', 'risk'])
        .makeOptionMandatory(),
    )
    .action(({ key }: { key: Key }) =>
      withRuntime(async ({ context }) => {
        const keeper = vaultOf(context);
        await keeper.rotate(context, { key });
        let rows = 0;
        for (;;) {
          const done = await keeper.maintain(context);
          if (done === 0) break;
          rows += done;
        }
        say(`Rotated; ${rows} rows were moved to the new key.`);
      }),
    );
};
