// What goes wrong before the gateway is up is told to a person at a terminal, so each of these
// carries one whole sentence that says what happened and what to do. The code is for programs.

export type StartErrorCode =
  | 'binaries_missing'
  | 'binaries_unusable'
  | 'data_folder_in_use'
  | 'data_folder_not_writable'
  | 'data_folder_not_ours'
  | 'data_from_newer_version'
  | 'data_from_older_version'
  | 'disk_full'
  | 'no_unprivileged_user'
  | 'postgres_failed'
  | 'unsupported_platform';

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static inUse(dataFolder: string, pid: number): StartError {
    return new StartError(
      'data_folder_in_use',
      `Another Tollgate (process ${pid}) runs on the data folder ${dataFolder}; stop it, or give this one another folder with TOLLGATE_DATA.`,
    );
  }
}

/** Turns what the file system said into a sentence; anything unexpected stays as it was. */
export const explainFileError = (error: unknown, path: string): unknown => {
  switch (fileErrorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StartError(
        'data_folder_not_writable',
        `The data folder ${path} is not writable for this user; choose another one with TOLLGATE_DATA.`,
        { cause: error },
      );
    case 'EEXIST':
    case 'ENOTDIR':
      return new StartError(
        'data_folder_not_writable',
        `The data folder ${path} cannot be made because a file is in its place; choose another one with TOLLGATE_DATA.`,
        { cause: error },
      );
    case 'ENOSPC':
    case 'EDQUOT':
    // The same, said by PostgreSQL.
    case '53100':
      return diskFull(path, error);
    default:
      return error;
  }
};

const fileErrorCode = (error: unknown): string | undefined => {
  const { code, syscall, cause } = (error ?? {}) as NodeJS.ErrnoException;
  // What a mkdir that makes its parents says on a disk mounted read-only.
  if (code === 'ENOENT' && syscall === 'mkdir') return 'EROFS';
  // What PostgreSQL said may stand behind what it means to us.
  return code ?? (cause === undefined ? undefined : fileErrorCode(cause));
};

export const diskFull = (path: string, cause?: unknown): StartError =>
  new StartError(
    'disk_full',
    `The disk that holds ${path} is full; free some space and start again, nothing is lost.`,
    { cause },
  );
