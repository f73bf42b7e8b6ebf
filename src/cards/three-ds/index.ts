export type { Authentication, Exemption } from './authentication.ts';
