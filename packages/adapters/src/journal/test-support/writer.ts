import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { asCallId, uuidV7 } from '@tandem/domain';
import { sampleRecord } from '../../postgres/test-support/samples.ts';
import { createCallLog } from '../call-log.ts';

/** Confirms calls as fast as it can and tells each acknowledged one, until somebody kills it. */
const log = await createCallLog({ dir: process.argv[2] as string });
const dialog = {
  callId: 'x',
  localTag: 'l',
  remoteTag: 'r',
  localUri: 'sip:a@x',
  remoteUri: 'sip:b@y',
  remoteTarget: 'sip:b@y:5061',
  routeSet: [],
  localCseq: 1,
  remoteCseq: undefined,
  localContact: '<sip:x>',
  secure: true,
};

async function calls(): Promise<void> {
  for (;;) {
    const callId = asCallId(uuidV7(1_790_000_000_000, randomBytes(10)));
    const record = sampleRecord({ callId });
    log.opened(record);
    if (await log.confirmed({ callId, a: dialog, b: dialog, record })) writeSync(1, `${callId}\n`);
  }
}
await Promise.all([calls(), calls(), calls(), calls()]);
