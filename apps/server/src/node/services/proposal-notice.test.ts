import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoredProposal } from '@tandem/adapters/postgres/consent-store.ts';
import { type AccountId, asAccountId } from '@tandem/domain';
import type { Mail } from '@tandem/engine';
import { apartMs, gatherMs, startProposalNotice } from './proposal-notice.ts';
import { VirtualTime } from './testing/virtual-time.ts';

const acme = asAccountId('01930000-0000-7000-8000-00000000ac3e');
const globex = asAccountId('01930000-0000-7000-8000-00000000910b');

function rig(open: StoredProposal[] = []) {
  const time = new VirtualTime();
  const mails: Mail[] = [];
  const problems: string[] = [];
  const state = { away: false, count: 0 };
  const start = () =>
    startProposalNotice({
      clock: time,
      mailer: { send: async (mail) => void mails.push(mail) },
      async open(accountId) {
        if (state.away) throw new Error('the database is away');
        return open.filter((one) => accountId === undefined || one.accountId === accountId);
      },
      portalUrl: () => 'https://portal.example',
      onProblem: (what) => problems.push(what),
    });
  const proposal = (accountId: AccountId, sentence: string, operation = 'people.change'): StoredProposal => {
    const one: StoredProposal = {
      id: `proposal-${++state.count}`,
      accountId,
      operation,
      sentence,
      shown: { params: {}, query: {} },
      proposedBy: { kind: 'user', name: 'operator' },
      proposedWallMs: time.wall(),
      expiresWallMs: time.wall() + 30 * 86_400_000,
      state: 'open',
    };
    open.unshift(one);
    return one;
  };
  return { time, mails, problems, state, start, proposal, open };
}

describe('administrators hear of what waits for their decision', () => {
  test('one mail tells of all that the provider proposed within a minute, and of nobody else’s', async () => {
    const { time, mails, start, proposal } = rig();
    const notice = start();
    for (let i = 1; i <= 25; i++) notice.proposed(proposal(acme, `Dana: set tags to ${i}.`));
    notice.proposed(proposal(globex, 'Greta: set tags.'));
    await time.advance(gatherMs - 1);
    assert.equal(mails.length, 0);
    await time.advance(1);
    assert.deepEqual(
      mails.map(({ accountId, to, subject }) => [accountId, to, subject]).toSorted(),
      [
        [globex, 'admins', 'A change by the provider waits for your decision'],
        [acme, 'admins', '25 changes by the provider wait for your decision'],
      ].toSorted(),
    );
    const [text = ''] = mails.flatMap((one) => (one.accountId === acme ? [one.text] : []));
    assert.match(text, /^operator proposed 25 changes\. Nothing is changed until/);
    assert.match(text, /- Dana: set tags to 25\.\n[\s\S]*- and 5 more\n/);
    assert.doesNotMatch(text, /Greta/);
    assert.match(text, /https:\/\/portal\.example\/consent$/);
    notice.stop();
  });

  test('what comes after a mail waits for the next one, a quarter of an hour later, which tells only of that', async () => {
    const { time, mails, start, proposal } = rig();
    const notice = start();
    notice.proposed(proposal(acme, 'First.'));
    await time.advance(gatherMs);
    for (const words of ['Second.', 'Third.']) {
      await time.advance(gatherMs);
      notice.proposed(proposal(acme, words));
    }
    await time.advance(apartMs - 2 * gatherMs - 1);
    assert.equal(mails.length, 1);
    await time.advance(1);
    assert.equal(mails.length, 2);
    assert.match(mails[1]?.text ?? '', /- Third\.\n- Second\.\n\nWith those of before 3 wait\./);
    await time.advance(10 * apartMs);
    assert.equal(mails.length, 2);
    notice.stop();
  });

  test('what was decided before the mail goes out is not told', async () => {
    const { time, mails, start, proposal, open } = rig();
    const notice = start();
    notice.proposed(proposal(acme, 'Withdrawn at once.'));
    open.length = 0;
    await time.advance(2 * gatherMs);
    assert.deepEqual(mails, []);
    notice.stop();
  });

  test('after a restart the same is told under the same key, so that the mailer sends it once; what nobody was told of is', async () => {
    const { time, mails, start, proposal } = rig();
    const first = start();
    first.proposed(proposal(acme, 'Told.'));
    await time.advance(gatherMs);
    first.stop();
    const again = start();
    await time.advance(gatherMs);
    assert.equal(new Set(mails.map(({ key }) => key)).size, 1);
    again.stop();
    // Kept, and the node died before the minute was over.
    proposal(acme, 'Not told.');
    const third = start();
    await time.advance(gatherMs);
    assert.equal(new Set(mails.map(({ key }) => key)).size, 2);
    third.stop();
  });

  test('while the database is away nothing is lost', async () => {
    const { time, mails, problems, state, start, proposal } = rig();
    const notice = start();
    notice.proposed(proposal(acme, 'Kept.'));
    state.away = true;
    await time.advance(gatherMs);
    assert.ok(problems.length > 0);
    state.away = false;
    await time.advance(gatherMs);
    assert.match(mails[0]?.text ?? '', /- Kept\./);
    notice.stop();
  });

  test('a new password says until when nobody else decides; one that was given without a decision is told at once', async () => {
    const { time, mails, start, proposal } = rig();
    const notice = start();
    const password = proposal(acme, 'ann@acme.example: a new password.', 'signIns.newPassword');
    notice.proposed(password);
    await time.advance(gatherMs);
    const from = new Date(time.wall() + 3 * 86_400_000).toISOString().slice(0, 10);
    assert.match(mails[0]?.text ?? '', new RegExp(`may be given without you from ${from} on`));
    notice.rescued(password, { kind: 'user', name: 'operator' });
    await time.advance(0);
    assert.match(mails[1]?.text ?? '', /^operator carried out without a decision of yours/);
    assert.match(mails[1]?.text ?? '', /ann@acme\.example/);
    notice.stop();
  });
});
