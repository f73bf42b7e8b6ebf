// The gateway as a process of its own, telling its port and a key on the first line.

import { readSettings } from '../../src/config.ts';
import { startGateway } from '../../src/main.ts';

const gateway = await startGateway(readSettings(process.env), {
  roles: ['api', 'worker'],
  quickstart: true,
});
process.stdout.write(
  `${JSON.stringify({ port: Number(new URL(gateway.url).port), key: gateway.testKeys?.secretKey })}\n`,
);
process.once('SIGTERM', () => void gateway.stop().then(() => process.exit(0)));
