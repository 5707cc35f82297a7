import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title: "The carrier's first address answers 503: the Teams user's call goes over its second address.",
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('The first address of the carrier answers 503. Alex in Teams calls Pat.');
    await stage.breakCarrier('503-first');
    const { result, record } = await stage.call(cast.alexOfAcme, cast.pat);
    see('each hears the other', bothHeard(result), heardWords(result));
    see(
      'the second address took the call',
      record?.attempts.length === 2 &&
        record.attempts[0]?.result === '503' &&
        record.attempts[1]?.result === '200',
      attemptWords(record),
    );
    for (const reason of record?.why ?? []) say(`  why: ${reason}`);
  },
};
