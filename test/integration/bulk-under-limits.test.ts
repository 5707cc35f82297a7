import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkJobs } from '../bench/provisioning/bulk-jobs.ts';

test('a bulk job in a tenant that Microsoft throttles comes to its end without a number written twice, and holds up no other tenant', async () => {
  const small = { people: 40 };
  const alone = await bulkJobs(undefined, small, 40);
  const { big, other, shown, otherSeconds } = await bulkJobs({ people: 300, limits: 0.1 }, small, 40);
  assert.ok((big?.throttled ?? 0) > 0, 'Microsoft said 429');
  assert.deepEqual([big?.wrong, big?.double, big?.insideRetryAfter], [0, 0, 0]);
  assert.deepEqual([other.wrong, other.double, other.throttled], [0, 0, 0]);
  assert.ok(
    otherSeconds > 0 && otherSeconds <= alone.otherSeconds + 5,
    `${otherSeconds} s beside ${alone.otherSeconds} s alone`,
  );
  // Never a standstill of more than two looks of 30 s.
  for (const [i, done] of shown.entries())
    if (i >= 2 && done < 300) assert.ok(done > (shown[i - 2] ?? 0), `${shown}`);
});
