import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    "Microsoft's first hub resets connections, then the second is a black hole: calls go over the next one.",
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Hub 1 resets every connection. Pat calls Dana.');
    await stage.breakHub(1, 'reset');
    const first = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(first.result), heardWords(first.result));
    see(
      'the call went over the second hub',
      first.record?.hub?.startsWith('sip2.') ?? false,
      attemptWords(first.record),
    );
    const down = await stage.until('the health page shows hub 1 as not up', async () =>
      (await stage.peers()).items.find(({ name, state }) => name.startsWith('sip.') && state !== 'up'),
    );
    see('the health page says so', down.state === 'down', `${down.name} is ${down.state}: ${down.sentence}`);

    say('Hub 2 accepts connections and says nothing any more. Pat calls Dana again.');
    await stage.breakHub(2, 'blackhole');
    const second = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(second.result), heardWords(second.result));
    see(
      'the call went over the third hub, and hub 1 was not asked first',
      (second.record?.hub?.startsWith('sip3.') && second.record.attempts[0]?.target.includes('sip2.')) ??
        false,
      attemptWords(second.record),
    );
    see(
      'it was ringing within 6 s',
      (second.record?.ringingMs ?? Number.POSITIVE_INFINITY) <= 6_000,
      `${second.record?.ringingMs ?? '?'} ms`,
    );
    for (const reason of second.record?.why ?? []) say(`  why: ${reason}`);
  },
};
