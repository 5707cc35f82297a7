import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '@tandem/contract';
import { callJson, callText, type TwinResult } from './call-report.ts';

const record: Call = {
  id: '01a20214-8a3f-7749-ad97-c4a351b86a39',
  state: 'finished',
  direction: 'from-teams',
  emergency: false,
  from: '+12025550150',
  to: '+12025550199',
  invitedAt: '2026-05-04T10:00:00.000Z',
  result: 'refused',
  status: 403,
  q850: 63,
  code: 'PRV-303',
  sentence: 'Calls in Teams are switched off for Toni Tran. Turn on Teams calling.',
  fromAsReceived: '+12025550150',
  toAsDialled: '+12025550199',
  legs: [],
  attempts: [],
  why: ['The caller is Toni Tran.', 'PRV-303: Calls in Teams are switched off for Toni Tran.'],
};

test('Toni’s Teams client hears only 403: the operator reads the Q.850 cause and the code from the record', () => {
  const heard: TwinResult = {
    connected: false,
    status: 403,
    q850: null,
    reason: 'Forbidden',
    sipCallId: 'a',
  };
  assert.match(callText(heard, { record }), /Not connected: status 403, Q\.850 63, code PRV-303\./);
  assert.match(callText(heard, { record }), /1\. The caller is Toni Tran\./);
  const { status, q850, code } = callJson(heard, { record });
  assert.deepEqual([status, q850, code], [403, 63, 'PRV-303']);
});

test('Microsoft refuses before the platform sees the call: what is known is said, and that there is no record', () => {
  const heard: TwinResult = {
    connected: false,
    status: 403,
    q850: null,
    reason: 'the user is not Enterprise Voice enabled',
  };
  const text = callText(heard, {});
  assert.match(text, /Not connected: status 403\.\n {2}the user is not Enterprise Voice enabled/);
  assert.match(text, /it never reached it/);
});
