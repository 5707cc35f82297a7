import { SearchBox } from '@fluentui/react-components';
import { useEffect, useState } from 'react';

/** Waits until the typing pauses, so that the address and the server see words, not letters. */
export function SearchField({
  label,
  value,
  onSearch,
}: {
  readonly label: string;
  readonly value: string;
  readonly onSearch: (text: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSearch(typed.trim()), 300);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <SearchBox
      style={{ width: '290px', maxWidth: '100%' }}
      placeholder={label}
      input={{ 'aria-label': label }}
      value={typed}
      onChange={(_, data) => setTyped(data.value)}
    />
  );
}
