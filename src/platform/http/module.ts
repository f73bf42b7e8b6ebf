export const module = { name: 'platform/http' };
