/** One file of the built portal, ready to be sent. */
export interface PortalFile {
  readonly body: Buffer;
  readonly gzip?: Buffer;
  readonly contentType: string;
  /** Content-hashed names may be kept for ever. */
  readonly immutable: boolean;
}

export type PortalState =
  | { readonly kind: 'ready'; readonly files: ReadonlyMap<string, PortalFile> }
  /** `step` in words: what is being done now. */
  | { readonly kind: 'building'; readonly step: string; readonly sinceWallMs: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly next: string };

/** Where the portal's files come from. They may come late: the first start builds them. */
export interface PortalBundle {
  state(): PortalState;
}
