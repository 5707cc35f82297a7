import { Button } from '@fluentui/react-components';
import { LinkRegular } from '@fluentui/react-icons';
import { useState } from 'react';

/** Puts the address of this page where it can be pasted into a mail or a ticket. */
export function CopyLink({ path }: { readonly path: string }) {
  const [said, setSaid] = useState('');
  const address = window.location.origin + path;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(address);
      setSaid('Link copied');
    } catch {
      setSaid(address); // the browser does not allow copying here: to be selected by hand
    }
  };
  return (
    <span style={{ display: 'inline-flex', flexWrap: 'wrap', alignItems: 'center', gap: '12px' }}>
      <span role="status" style={{ overflowWrap: 'anywhere' }}>
        {said}
      </span>
      <Button size="small" icon={<LinkRegular />} onClick={() => void copy()}>
        Copy link
      </Button>
    </span>
  );
}
