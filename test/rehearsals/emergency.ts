import type { Story } from './rehearsal.ts';
import { bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'A user whose calls are switched off, and a caller nobody knows, dial 911: both are connected, other calls are not.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    const dial = async (who: string, upn: string, refusal: string): Promise<void> => {
      say(`${who} calls Pat.`);
      const ordinary = await stage.call(upn, cast.pat);
      see(
        'an ordinary call is refused',
        !ordinary.result.connected && ordinary.record?.code === refusal,
        `${ordinary.record?.code ?? 'no record'}: ${ordinary.record?.sentence ?? heardWords(ordinary.result)}`,
      );
      say(`${who} dials 911.`);
      const { result, record } = await stage.call(upn, '911');
      see('the emergency centre hears the caller and the caller it', bothHeard(result), heardWords(result));
      see('the record is marked', record?.emergency === true, record?.why.join(' ') ?? 'no record');
      const sent = record
        ? (await stage.ladderOf(record.id)).entries.find(
            ({ leg, direction, text }) => leg === 'b' && direction === 'out' && text.startsWith('INVITE '),
          )
        : undefined;
      const line = sent?.text.split(/\r?\n/)[0] ?? 'no INVITE';
      see('the carrier got the number that was dialled', /^INVITE sip:911@/.test(line), line);
    };

    await dial('Toni, who has switched calls in Teams off,', 'toni@acme.example', 'PRV-303');
    say("Microsoft's side gives Alex a number that nobody on the platform has.");
    await stage.twin('PATCH', `/users/${cast.alexOfAcme}`, { number: '+12025550178' });
    await dial('Alex, now unknown,', cast.alexOfAcme, 'caller-not-owned');

    say('The first address of the carrier goes silent, and Toni dials 911 again.');
    await stage.breakCarrier('silent');
    const { result } = await stage.call('toni@acme.example', '911');
    see('the call goes over the second address', bothHeard(result), heardWords(result));
  },
};
