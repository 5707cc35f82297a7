import type { Story } from './rehearsal.ts';
import { presenceStage } from './stage/presence-stage.ts';
import { cast, createStage } from './stage/stage.ts';

export const story: Story = {
  title:
    'Dana calls out from her desk phone: Teams shows the call within seconds, and afterwards what it showed before.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);
    const dana = await presenceStage(stage);

    say('Dana is away in Teams and dials Pat on the phone on her desk.');
    await dana.inTeamsSheIs({ availability: 'Away', activity: 'Away' });
    await dana.shows('away');
    const before = await dana.writes();
    await dana.desk('POST', '/call', { to: cast.pat });
    await stage.talkingCall();
    const shown = await dana.shows('on_call');
    see('she shows On a call here at once', shown.source === 'platform-call', shown.sentence);
    see('Teams shows In a call', true, await dana.teamsShows('Busy/InACall'));

    say('She hangs up.');
    await stage.until('the phone hangs up', () =>
      dana.desk('POST', '/hangup', {}).then(
        () => true,
        () => undefined,
      ),
    );
    see('Teams shows what it showed before', true, await dana.teamsShows('Away/Away'));
    const away = await dana.shows('away');
    see('and so do we; nobody forced Available', away.label === 'away', away.sentence);
    const written = (await dana.writes()) - before;
    see('it took one write to begin and one to end', written === 2, `${written} writes`);
  },
};
