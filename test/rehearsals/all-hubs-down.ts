import type { Story } from './rehearsal.ts';
import { attemptWords, bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'No hub of Microsoft can be reached: the caller gets a quick refusal in words, and calls work again at once.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('All three hubs refuse connections. Pat calls Dana.');
    for (const hub of [1, 2, 3] as const) await stage.breakHub(hub, 'refuse');
    const { result, record } = await stage.call(cast.pat, cast.dana);
    see('the carrier gets 503, Q.850 38', !result.connected && result.status === 503, heardWords(result));
    see(
      'the record says whose fault it is',
      record?.code === 'teams-unreachable' && record.q850 === 38,
      `${record?.code ?? 'no record'}: ${record?.sentence ?? ''}`,
    );
    see('all three were tried', record?.attempts.length === 3, attemptWords(record));
    const { sentence } = await stage.until('the health page shows no hub as up', async () => {
      const peers = await stage.peers();
      return peers.items.some(({ kind, state }) => kind === 'hub' && state === 'up') ? undefined : peers;
    });
    see('the health page says so', /hub/i.test(sentence), sentence);

    say('The hubs are back. Pat calls again, without waiting for a probe.');
    await stage.mendEverything();
    const again = await stage.call(cast.pat, cast.dana);
    see('each hears the other', bothHeard(again.result), heardWords(again.result));
  },
};
