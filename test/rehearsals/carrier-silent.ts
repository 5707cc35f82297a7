import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    "The carrier's first address says nothing: after three seconds the call goes over its second address.",
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('The first address of the carrier reads and never answers. Alex in Teams calls Pat.');
    await stage.breakCarrier('silent');
    const { result, record } = await stage.call(cast.alexOfAcme, cast.pat);
    see('each hears the other', bothHeard(result), heardWords(result));
    const [first, second] = record?.attempts ?? [];
    see(
      'the second address took the call',
      record?.attempts.length === 2 && first?.result !== '200' && second?.result === '200',
      attemptWords(record),
    );
    see(
      'Microsoft heard of ringing before its FailoverTimeSeconds (10 s)',
      (record?.ringingMs ?? Number.POSITIVE_INFINITY) < 10_000,
      `${record?.ringingMs ?? '?'} ms`,
    );
  },
};
