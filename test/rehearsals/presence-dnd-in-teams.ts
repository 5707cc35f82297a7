import type { Story } from './rehearsal.ts';
import { presenceStage, refusedWords } from './stage/presence-stage.ts';
import { bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'Dana sets Do not disturb in Teams: nothing rings her until she ends it, and nothing is written back.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);
    const dana = await presenceStage(stage);

    say('Dana chooses Do not disturb in Teams.');
    const before = await dana.writes();
    await dana.pins({ availability: 'DoNotDisturb', activity: 'DoNotDisturb' });
    const shown = await dana.shows('dnd');
    see('she shows Do not disturb here too', shown.label === 'dnd', shown.sentence);

    say('Pat at the carrier calls her.');
    const refused = await stage.call(cast.pat, cast.dana);
    see('nothing rings', !refused.result.connected, refusedWords(refused.result));
    for (const reason of refused.record?.why ?? []) say(`  why: ${reason}`);
    see(
      'the record says that her state kept the call from ringing',
      refused.record?.why.some((one) => /disturb/i.test(one)) ?? false,
      refused.record?.sentence ?? 'no record',
    );

    say('Dana ends it in Teams.');
    await dana.pins(null);
    await dana.shows('available');
    const after = await dana.writes();
    see('nothing was written back to Teams', after === before, `${after - before} writes`);
    const heard = await stage.call(cast.pat, cast.dana);
    see('calls ring again', bothHeard(heard.result), heardWords(heard.result));
  },
};
