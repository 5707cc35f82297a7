import type { Story } from './rehearsal.ts';
import { bothHeard, cast, createStage, hasEnded, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'The media process is killed during a call: the call is ended on both sides, and the next one is heard.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Pat calls Dana.');
    const running = stage.beginCall(cast.pat, cast.dana, 30);
    await stage.talkingCall();
    const packets = await stage.until('Dana hears sound', async () => {
      const { calls } = await stage.twin<{
        calls: readonly { media?: { packetsReceived: number } }[];
      }>('GET', '/clients/dana@acme.example');
      return calls.map(({ media }) => media?.packetsReceived ?? 0).find((count) => count >= 50);
    });
    see('sound flows', true, `${packets} packets have come to Dana`);
    const media = stage.pidOf('media');
    say(`The media process (${media}) is killed.`);
    process.kill(media, 'SIGKILL');
    await stage.until('the media process is gone', () => hasEnded(media) || undefined);
    const result = await running;
    see(
      'both sides were released long before the 30 s were over',
      result.connected && result.caller.seconds < 20,
      result.connected ? `after ${result.caller.seconds} s of sound` : heardWords(result),
    );
    const record = await stage.recordOf(result.sipCallId ?? '');
    see(
      'the record says what happened',
      record.code === 'engine-lost' && record.q850 === 41,
      `${record.code}: ${record.sentence}`,
    );

    const up = await stage.until('the media process is back', async () => {
      const lines = await stage.readiness();
      return stage.pidOf('media') !== media ? lines.find((line) => /^ok media/.test(line)) : undefined;
    });
    see('the supervisor started it again', true, up);
    say('Pat calls Dana again.');
    const next = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(next.result), heardWords(next.result));
  },
};
