import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    "Microsoft's first hub answers 503 with Retry-After: the call moves on, and the next one leaves it alone.",
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Hub 1 answers 503 with Retry-After: 1. Pat calls Dana.');
    await stage.breakHub(1, '503');
    const [first, cooling] = await Promise.all([
      stage.call(cast.pat, cast.dana, 0.5),
      stage.until('the health page says that hub 1 wants to be left alone', async () =>
        (await stage.peers()).items.find(
          ({ name, sentence }) => name.startsWith('sip.') && /left alone/.test(sentence),
        ),
      ),
    ]);
    see('each hears the other', first.result.connected, heardWords(first.result));
    see(
      'the first hub answered 503 and the second took the call',
      first.record?.attempts[0]?.result === '503' && (first.record.hub?.startsWith('sip2.') ?? false),
      attemptWords(first.record),
    );
    see(
      'the health page says why',
      cooling.state !== 'down',
      `${cooling.name} is ${cooling.state}: ${cooling.sentence}`,
    );

    say('Pat calls again at once.');
    const second = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(second.result), heardWords(second.result));
    see(
      'hub 1 was not troubled again',
      second.record?.attempts.length === 1 && (second.record.hub?.startsWith('sip2.') ?? false),
      attemptWords(second.record),
    );
  },
};
