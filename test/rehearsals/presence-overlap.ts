import type { Story } from './rehearsal.ts';
import { presenceStage } from './stage/presence-stage.ts';
import { cast, createStage } from './stage/stage.ts';

const meeting = { availability: 'Busy', activity: 'InAMeeting' };

export const story: Story = {
  title:
    'A call at the desk phone overlaps a meeting in Teams, in both orders: both sides end up right without a hand.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);
    const dana = await presenceStage(stage);
    const hangUp = (): Promise<boolean> =>
      stage.until('the phone hangs up', () =>
        dana.desk('POST', '/hangup', {}).then(
          () => true,
          () => undefined,
        ),
      );

    for (const first of ['call', 'meeting'] as const) {
      say(
        first === 'call' ? 'The call comes first, the meeting begins during it.' : 'The meeting comes first.',
      );
      if (first === 'meeting') {
        await dana.inTeamsSheIs(meeting);
        await dana.shows('calendar_busy');
      }
      await dana.desk('POST', '/call', { to: cast.pat });
      await stage.talkingCall();
      await dana.shows('on_call');
      if (first === 'call') {
        await dana.teamsShows('Busy/InACall');
        await dana.inTeamsSheIs(meeting);
        say('The meeting ends first, the call goes on.');
        await dana.inTeamsSheIs(null);
        await hangUp();
      } else {
        await hangUp();
        say('The call is over, the meeting goes on.');
        const during = await dana.shows('calendar_busy');
        see('she shows the meeting that is left', during.label === 'calendar_busy', during.sentence);
        await dana.inTeamsSheIs(null);
      }
      see('Teams is back where it was', true, await dana.teamsShows('Available/Available'));
      const free = await dana.shows('available');
      see('and so are we', free.label === 'available', free.sentence);
    }
  },
};
