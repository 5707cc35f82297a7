import type { Story } from './rehearsal.ts';
import { presenceStage, refusedWords, setUpPresence } from './stage/presence-stage.ts';
import { bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'The account takes no calls in meetings: while Teams shows Dana in one nothing rings her, and Teams is left alone.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);
    const dana = await presenceStage(stage);

    say('An administrator chooses "Do not accept any calls" for "In a meeting" and switches the rules on.');
    const stands = await setUpPresence(stage, {
      customizeCalls: true,
      rules: {
        busy: 'accept-all',
        'in-a-call': 'no-queue-calls',
        'in-a-conference-call': 'no-queue-calls',
        'in-a-meeting': 'no-calls',
        offline: 'accept-all',
      },
    });
    see('the rules count', stands.settings.customizeCalls, 'the settings were answered as saved');

    say('Dana joins a meeting in Teams.');
    const before = await dana.writes();
    await dana.inTeamsSheIs({ availability: 'Busy', activity: 'InAMeeting' });
    const shown = await dana.shows('dnd');
    see('she shows Do not disturb here', shown.source === 'rule', shown.sentence);
    see('Teams goes on showing the meeting', true, await dana.teamsShows('Busy/InAMeeting'));

    say('Pat at the carrier calls her.');
    const refused = await stage.call(cast.pat, cast.dana);
    see('nothing rings', !refused.result.connected, refusedWords(refused.result));
    for (const reason of refused.record?.why ?? []) say(`  why: ${reason}`);

    say('The meeting ends.');
    await dana.inTeamsSheIs(null);
    await dana.shows('available');
    const written = (await dana.writes()) - before;
    see('the rule wrote nothing to Teams, so nothing can stick there', written === 0, `${written} writes`);
    const heard = await stage.call(cast.pat, cast.dana);
    see('calls ring again without anybody lifting a hand', bothHeard(heard.result), heardWords(heard.result));
  },
};
