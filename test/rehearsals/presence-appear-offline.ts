import type { Story } from './rehearsal.ts';
import { presenceStage } from './stage/presence-stage.ts';
import { bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'Dana appears offline in Teams: colleagues see her offline, queues pass her over, direct calls still ring.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);
    const dana = await presenceStage(stage);

    say('Dana chooses Appear offline in Teams.');
    await dana.pins({ availability: 'Offline', activity: 'OffWork' });
    const shown = await dana.shows('appear_offline');
    see('she shows as offline here too', shown.label === 'appear_offline', shown.sentence);
    see(
      'queues pass her over, direct calls ring',
      shown.accepts?.queue === false && shown.accepts.direct === 'yes',
      JSON.stringify(shown.accepts),
    );

    say('Pat at the carrier calls her.');
    const heard = await stage.call(cast.pat, cast.dana);
    see('it rings, and they hear each other', bothHeard(heard.result), heardWords(heard.result));
    for (const reason of heard.record?.why ?? []) say(`  why: ${reason}`);

    say('She ends it.');
    await dana.pins(null);
    const free = await dana.shows('available');
    see('she is available again', free.label === 'available', free.sentence);
  },
};
