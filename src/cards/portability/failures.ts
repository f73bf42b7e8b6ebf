// Why cards could not be moved: one sentence for the person who asked, with the remedy. The messages are
// ours alone; nothing of a file's content is ever in one.

export class PortabilityError extends Error {
  override readonly name = 'PortabilityError';
}

/** Where it stands, reading ends at once. */
export class ForbiddenColumn extends PortabilityError {}
