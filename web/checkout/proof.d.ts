/** Looks for a proof of work for the server's challenge, and gives what `Tollgate-Proof` says. */
export declare function prove(challenge: string): Promise<string>;
