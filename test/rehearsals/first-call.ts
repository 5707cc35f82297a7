import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'A caller at the carrier and a Teams user call each other, in both directions, and both hear the other.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Pat at the carrier calls Dana in Teams.');
    const inbound = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(inbound.result), heardWords(inbound.result));
    see(
      'the record says that it was answered and over which hub',
      inbound.record?.result === 'answered' && inbound.record.hub !== undefined,
      `${inbound.record?.sentence ?? 'no record'} ${attemptWords(inbound.record)}`,
    );
    const media = inbound.record?.legs.map(
      ({ role, media }) => `${role}: ${media?.srtpSuite ?? 'plain RTP'}`,
    );
    see(
      'the Teams side is encrypted, the carrier side is not',
      inbound.record?.legs.every(
        ({ role, media }) => (role === 'teams') === (media?.srtpSuite !== undefined),
      ) ?? false,
      media?.join(', ') ?? 'no record',
    );
    for (const reason of inbound.record?.why ?? []) say(`  why: ${reason}`);

    say('Alex in Teams calls Pat at the carrier.');
    const outbound = await stage.call(cast.alexOfAcme, cast.pat);
    see('each hears the other', bothHeard(outbound.result), heardWords(outbound.result));
    see(
      'the record knows the direction',
      outbound.record?.direction === 'from-teams',
      outbound.record?.direction ?? 'no record',
    );
    for (const reason of outbound.record?.why ?? []) say(`  why: ${reason}`);
  },
};
