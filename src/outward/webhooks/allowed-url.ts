// Where an endpoint may be. What can be seen from the address itself is said when the endpoint is made;
// what its name resolves to is judged at each delivery, because that changes.

import { isIP } from 'node:net';
import type { Scope } from '#kit/context';
import { isLoopback, isPublicAddress } from '#kit/egress';
import { ApiError } from '#platform/http';
import type { WebhookSettings } from './settings-of.ts';

const PORTS_LIVE = ['', '443', '8443'];
const URL_LENGTH_MAX = 2_048;

export const mayConnectTo =
  ({ livemode }: Pick<Scope, 'livemode'>, { toLoopback }: Pick<WebhookSettings, 'toLoopback'>) =>
  (address: string): boolean =>
    isPublicAddress(address) || (toLoopback && !livemode && isLoopback(address));

export const checkUrl = (
  scope: Pick<Scope, 'livemode'>,
  settings: Pick<WebhookSettings, 'toLoopback'>,
  text: string,
): void => {
  const refuse = (message: string): never => {
    throw new ApiError(400, message, { code: 'url_invalid', param: 'url' });
  };
  if (text.length > URL_LENGTH_MAX) refuse(`Invalid URL: at most ${URL_LENGTH_MAX} characters.`);
  const url = URL.parse(text);
  if (url === null) return refuse('Not a valid URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    refuse('Invalid URL: An explicit scheme (such as https) must be provided.');
  }
  if (url.username !== '' || url.password !== '') {
    refuse('Invalid URL: it must not contain a user name or a password.');
  }
  if (scope.livemode && url.protocol !== 'https:') {
    refuse('Invalid URL: URL must be HTTPS in live mode.');
  }
  if (scope.livemode && !PORTS_LIVE.includes(url.port)) {
    refuse('Invalid URL: live mode tells only the ports 443 and 8443.');
  }
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (isIP(address) !== 0 && !mayConnectTo(scope, settings)(address)) {
    refuse('Invalid URL: it must be reachable from the internet, and this address is not.');
  }
};
