/** One step of the schema. Steps are never edited once released: a correction is a new step. */
export interface Migration {
  /** `0001-first-schema`: order and identity. */
  readonly name: string;
  /** SQL run by the owner in one transaction, within PostgreSQL 15. */
  readonly sql: string;
}
