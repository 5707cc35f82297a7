import type { Story } from './rehearsal.ts';
import { bothHeard, cast, createStage, heardWords } from './stage/stage.ts';

export const story: Story = {
  title:
    'Two customers each have an extension 1001: each Alex reaches the Dana of the own company, never the other.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Each Alex dials 1001.');
    const tones: (number | null)[] = [];
    for (const [caller, dana] of [
      [cast.alexOfAcme, 'dana@acme.example'],
      [cast.alexOfGlobex, 'dana@globex.example'],
    ] as const) {
      const { result } = await stage.call(caller, '1001');
      see(
        `${dana} answers, and each hears the other`,
        bothHeard(result) && result.connected && result.calleeIs === dana,
        heardWords(result),
      );
      tones.push(result.connected ? result.caller.heardHz : null);
    }

    say('Alex of Acme and Alex of Globex now dial it at the same moment.');
    const [acme, globex] = await Promise.all([
      stage.call(cast.alexOfAcme, '1001', 3),
      stage.call(cast.alexOfGlobex, '1001', 3),
    ]);
    for (const [name, host, { result, record }, tone] of [
      ['Acme', 'sbc1.customers.example.net', acme, tones[0]],
      ['Globex', 'sbc2.customers.example.net', globex, tones[1]],
    ] as const) {
      const heard = result.connected ? result.caller.heardHz : null;
      see(
        `${name}: Alex hears the own Dana, by her tone`,
        heard !== null && typeof tone === 'number' && Math.abs(heard - tone) <= 15,
        `${heard} Hz`,
      );
      const why = record?.why.join(' ') ?? '';
      see(
        `${name}: it stayed inside ${name}`,
        why.includes(`Dana Doe of ${name}`) ||
          (why.includes(name) && !why.includes(name === 'Acme' ? 'Globex' : 'Acme')),
        why,
      );
      const invites = record ? (await stage.ladderOf(record.id)).entries : [];
      const sent = invites.find(
        ({ leg, direction, text }) => leg === 'b' && direction === 'out' && /^INVITE /.test(text),
      );
      see(
        `${name}: Microsoft was called with ${name}'s own host`,
        sent?.text.includes(host) ?? false,
        /^Contact:.*$/m.exec(sent?.text ?? '')?.[0] ?? 'no INVITE',
      );
    }
    see(
      'the two records belong to two customers',
      acme.record?.accountId !== undefined && acme.record.accountId !== globex.record?.accountId,
      `${acme.record?.accountId} and ${globex.record?.accountId}`,
    );

    say("Acme's service desk looks at the calls.");
    const desk = await stage.signIn('desk@acme.example');
    const list = (await (await desk('/calls')).json()) as { items: readonly { accountId?: string }[] };
    see(
      "it sees Acme's calls and nobody else's",
      list.items.length > 0 && list.items.every(({ accountId }) => accountId === acme.record?.accountId),
      `${list.items.length} calls`,
    );
    const foreign = await desk(`/calls/${globex.record?.id}`);
    see("Globex's call does not exist for it", foreign.status === 404, String(foreign.status));
  },
};
