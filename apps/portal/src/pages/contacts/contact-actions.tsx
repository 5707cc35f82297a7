import { Button, Field, Input } from '@fluentui/react-components';
import { StarFilled, StarRegular } from '@fluentui/react-icons';
import type { ContactCard, NewContact } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';

const again = (): void => reread('contacts.');

/** Who a card is, as the list keeps it. */
const targetOf = ({ personId, objectId }: ContactCard): Pick<NewContact, 'personId' | 'objectId'> =>
  personId !== undefined ? { personId } : { objectId };

/** The star and the place on the speed dials; whoever is not on the list yet comes on it with the first of them. */
export function ContactActions({ owner, card }: { readonly owner: string; readonly card: ContactCard }) {
  const favourite = card.own?.favourite ?? false;
  const star = useMutation({
    mutationFn: () =>
      card.own
        ? api.call('contacts.change', {
            params: { id: owner, contact: card.own.id },
            body: { favourite: !favourite },
          })
        : api.call('contacts.add', {
            params: { id: owner },
            body: { ...targetOf(card), favourite: true },
          }),
    onSuccess: again,
  });
  const off = useMutation({
    mutationFn: () => api.call('contacts.remove', { params: { id: owner, contact: card.own?.id ?? '' } }),
    onSuccess: again,
  });
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={favourite ? <StarFilled /> : <StarRegular />}
        aria-pressed={favourite}
        aria-label={`Favourite: ${card.displayName}`}
        disabled={star.isPending}
        onClick={() => star.mutate()}
      />
      <SpeedDialPlace owner={owner} card={card} />
      {card.own && (
        <Button
          size="small"
          appearance="subtle"
          aria-label={`Take ${card.displayName} off the list`}
          disabled={off.isPending}
          onClick={() => off.mutate()}
        >
          Take off
        </Button>
      )}
      {(star.error ?? off.error) && <ProblemView error={star.error ?? off.error} />}
    </>
  );
}

function SpeedDialPlace({ owner, card }: { readonly owner: string; readonly card: ContactCard }) {
  const place = card.own?.speedDial;
  const [typed, setTyped] = useState(place === undefined ? '' : String(place));
  const wanted = /^[1-9][0-9]?$/.test(typed.trim()) ? Number(typed) : undefined;
  return (
    <FormDialog
      label={place === undefined ? 'Speed dial' : `Speed dial ${place}`}
      what={`for ${card.displayName}`}
      title={`Speed dial for ${card.displayName}`}
      confirm="Keep"
      small
      subtle
      ready={typed.trim() === '' || wanted !== undefined}
      act={() =>
        card.own
          ? api.call('contacts.change', {
              params: { id: owner, contact: card.own.id },
              body: { speedDial: wanted ?? null },
            })
          : api.call('contacts.add', {
              params: { id: owner },
              body: {
                ...targetOf(card),
                favourite: false,
                ...(wanted !== undefined && { speedDial: wanted }),
              },
            })
      }
      done={again}
    >
      <Field label="Place, 1 to 99; empty takes it off the speed dials">
        <Input inputMode="numeric" value={typed} onChange={(_, data) => setTyped(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** Somebody of one's own: a name and a number that nobody else sees. */
export function NewOwnContact({ owner }: { readonly owner: string }) {
  const [name, setName] = useState('');
  const [number, setNumber] = useState('');
  return (
    <FormDialog
      label="New contact"
      title="Somebody of my own"
      confirm="Add"
      ready={name.trim() !== '' && number.trim() !== ''}
      act={() =>
        api.call('contacts.add', {
          params: { id: owner },
          body: { displayName: name.trim(), numbers: [number.trim()], favourite: false },
        })
      }
      done={() => {
        setName('');
        setNumber('');
        again();
      }}
    >
      <Field label="Name">
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Number">
        <Input value={number} onChange={(_, data) => setNumber(data.value)} />
      </Field>
    </FormDialog>
  );
}
