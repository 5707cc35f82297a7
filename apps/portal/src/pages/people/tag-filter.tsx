import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { Choice } from '../../parts/filter-bar.tsx';

/** The tags that people of the account have; nothing where nobody has any. */
export function TagFilter({
  account,
  value,
  onChoose,
}: {
  readonly account: string | undefined;
  readonly value: string | undefined;
  readonly onChoose: (tag: string) => void;
}) {
  const { data } = useQuery({
    ...ask('tags.used', { params: { id: account ?? '' } }),
    enabled: account !== undefined,
  });
  const used = data?.items.map(({ tag, people }) => [tag, `${tag} (${people})`] as const) ?? [];
  // An address may name a tag that nobody has (any more): it can be taken away like another one.
  const stray = value !== undefined && !used.some(([tag]) => tag === value);
  if (used.length === 0 && !stray) return null;
  return (
    <Choice
      label="Tag"
      value={value}
      options={[['', 'Any'], ...used, ...(stray ? [[value, value] as const] : [])]}
      onChoose={onChoose}
    />
  );
}
