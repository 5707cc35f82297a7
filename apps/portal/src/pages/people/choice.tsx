import { Checkbox } from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { createContext, useContext } from 'react';

/** Whom somebody ticked (person to account), over several pages; or everybody that the filter finds. */
export type Chosen = ReadonlyMap<string, string> | 'filter';
export const nobody: Chosen = new Map();

export interface PeopleChoice {
  readonly chosen: Chosen;
  readonly choose: (rows: readonly Person[], on: boolean) => void;
}

/** A context, so that a tick draws boxes again and not the whole table: the focus stays. */
export const ChoiceContext = createContext<PeopleChoice>({ chosen: nobody, choose: () => undefined });

const has = (chosen: Chosen, id: string): boolean => chosen === 'filter' || chosen.has(id);

export function ChoosePerson({ person }: { readonly person: Person }) {
  const { chosen, choose } = useContext(ChoiceContext);
  return (
    <Checkbox
      aria-label={`Choose ${person.displayName}`}
      checked={has(chosen, person.id)}
      onChange={(_, data) => choose([person], data.checked === true)}
    />
  );
}

export function ChoosePage({ rows }: { readonly rows: readonly Person[] }) {
  const { chosen, choose } = useContext(ChoiceContext);
  const ticked = rows.filter(({ id }) => has(chosen, id)).length;
  return (
    <Checkbox
      aria-label="Choose everybody on this page"
      checked={ticked === 0 ? false : ticked === rows.length ? true : 'mixed'}
      onChange={(_, data) => choose(rows, data.checked !== false)}
    />
  );
}
