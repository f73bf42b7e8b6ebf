export { discoverConnectors } from './discover.ts';
