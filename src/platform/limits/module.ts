export const module = { name: 'platform/limits' };
