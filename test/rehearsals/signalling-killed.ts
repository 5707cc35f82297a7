import type { Story } from './rehearsal.ts';
import { bothHeard, cast, createStage, hasEnded, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'The signalling process is killed during a call: the record is closed as a crash, and the next call is heard.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Pat calls Dana.');
    const running = stage.beginCall(cast.pat, cast.dana, 30);
    const live = await stage.talkingCall();
    const node = stage.pidOf('node');
    say(`The signalling process (${node}) is killed.`);
    process.kill(node, 'SIGKILL');
    await stage.until('the signalling process is gone', () => hasEnded(node) || undefined);

    const up = await stage.until('the signalling process is back', async () => {
      const lines = await stage.readiness();
      return lines.length > 0 && lines.every((line) => line.startsWith('ok ')) ? lines : undefined;
    });
    see('the supervisor started it again', true, up.join(', '));
    const result = await running;
    see(
      'both sides were released, none was left in a dead call',
      result.connected && result.caller.seconds < 29,
      result.connected ? `after ${result.caller.seconds} s of sound` : heardWords(result),
    );
    const record = await stage.recordOf(result.sipCallId ?? '');
    see(
      'the record of that very call is closed, and says by what',
      record.id === live.id && record.closedBy === 'crash' && record.code === 'node-crash',
      `${record.code}, closed by ${record.closedBy}: ${record.sentence}`,
    );

    say('Pat calls Dana again.');
    const next = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(next.result), heardWords(next.result));
  },
};
