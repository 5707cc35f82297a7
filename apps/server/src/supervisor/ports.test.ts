import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PortName, portBaseBounds, portsAt, portTable } from './ports.ts';

const bases = fc.integer({ min: portBaseBounds.lowest, max: portBaseBounds.highest });

test('at every base the named ports and both RTP ranges stay apart and below the ephemeral ports', () => {
  fc.assert(
    fc.property(bases, (base) => {
      const ports = portsAt(base);
      const named = (Object.keys(portTable) as PortName[]).map((name) => ports[name]);
      assert.equal(new Set(named).size, named.length);
      assert.ok(Math.max(...named) < ports.relayRtp.first);
      assert.ok(ports.relayRtp.last < ports.twinRtp.first);
      assert.ok(ports.twinRtp.last < 32_768);
      assert.equal(ports.relayRtp.first % 2, 0);
      assert.equal(ports.twinRtp.first % 2, 0);
      assert.ok(ports.relayRtp.last - ports.relayRtp.first > 6_000);
      assert.ok(ports.twinRtp.last - ports.twinRtp.first >= 766);
    }),
  );
});

test('a base outside the bounds is refused by name', () => {
  for (const base of [0, 1_023, 24_001, 16_000.5, Number.NaN]) {
    assert.throws(() => portsAt(base), /--port-base .*from 1024 to 24000/);
  }
});
