import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, shuffled } from '../random.ts';
import { TrunkHealth } from './trunk-health.ts';

const trunk = 'customers.example.net';

describe('trunk health (teams-direct-routing 1.7, 1.9)', () => {
  const paces: readonly [seconds: number, warning: RegExp | undefined][] = [
    [30, /more than one per 60 s/],
    [58, /more than one per 60 s/],
    [60, undefined],
    [65, undefined],
    [180, undefined],
    [185, /less than one per 180 s/],
  ];
  for (const [seconds, warning] of paces) {
    it(`T13: SBC sends the next OPTIONS after ${seconds} s: ${warning ? warning.source : 'no warning'}`, () => {
      const health = new TrunkHealth();
      assert.equal(health.seen(trunk, 'eu', 0), undefined);
      const said = health.seen(trunk, 'eu', seconds * 1000);
      if (warning) assert.match(said ?? '', warning);
      else assert.equal(said, undefined);
    });
  }

  it('a region that hears nothing for the window demotes the trunk, the others do not', () => {
    const health = new TrunkHealth();
    health.seen(trunk, 'eu', 0);
    health.seen(trunk, 'us', 100_000);
    assert.equal(health.demoted(trunk, 'eu', 180_001), true);
    assert.equal(health.demoted(trunk, 'us', 180_001), false);
    assert.equal(health.demoted(trunk, 'as', 180_001), true);
  });

  it('a trunk is Active once it probes and answers our OPTIONS', () => {
    const health = new TrunkHealth();
    assert.equal(health.state(trunk, true, 0), 'Warning, no SIP options');
    health.seen(trunk, 'eu', 0);
    assert.equal(health.state(trunk, true, 1), 'Warning, no SIP options');
    health.ownAnswer(trunk, 'eu', 200);
    assert.equal(health.state(trunk, true, 1), 'Active');
    assert.equal(health.state(trunk, false, 1), 'Warning, SIP options not configured');
  });

  it('a shuffle is the same for the same seed, and loses nobody', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const first = shuffled(names, seededRandom(4));
    assert.deepEqual(shuffled(names, seededRandom(4)), first);
    assert.deepEqual([...first].sort(), names);
  });
});
