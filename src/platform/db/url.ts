// Connection addresses. One that leads to a unix socket has no host of its own before the path, which
// PostgreSQL's tools accept and the URL standard does not: a placeholder makes it readable, and the
// `host` parameter still decides.

const readable = (url: string): URL =>
  new URL(url.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)\//, '$1socket/'));

export const withDatabase = (url: string, name: string): string => {
  const changed = readable(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

export const withLogin = (url: string, user: string, password: string): string => {
  const changed = readable(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
};

/** For people: where it leads, without the password. */
export const withoutPassword = (url: string): string => {
  const changed = readable(url);
  if (changed.password !== '') changed.password = '***';
  return changed.href;
};
