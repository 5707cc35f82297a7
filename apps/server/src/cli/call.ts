import type { Call, Person } from '@tandem/contract';
import { findInstance, type InstanceFile } from '../supervisor/instance-file.ts';
import { portBaseBounds } from '../supervisor/ports.ts';
import { readCallRequest } from './call-parties.ts';
import { callJson, callText, type PlatformView, type TwinResult } from './call-report.ts';

const help = `usage: npm run call -- --from A --to B [--seconds N] [--transport T] [--json] [--port-base N]

Places a real call with audio through the running instance and says what each party heard.

  A, B          an E.164 number (+12025550199), the address of a Teams user (dana@acme.example) or a phone of the
                rehearsal world (phone:dana-desk, phone:reception, phone:lobby), which registers for the call.
                A calls as the rehearsal carrier, the Teams client or the phone; B is answered by whoever the number
                belongs to, a number that the platform does not own by the rehearsal carrier.
  --seconds N   how long both talk, default 5
  --transport T how phones register: udp (default), tcp or tls
  --json        one JSON object on standard output
  --port-base N the instance that was started with the same flag, default ${portBaseBounds.default}

Exit code 0: each heard the other's tone. 1: not so. 2: no instance runs, or not understood.

Try: npm run call -- --from +12025550199 --to +12025550142
     npm run call -- --from dana@acme.example --to +12025550199
     npm run call -- --from +12025550199 --to phone:dana-desk
     npm run call -- --from +12025550199 --to +12025550158        (the queue Sales)
`;

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => stream.write(text, () => resolve()));

/** `tandem call`: see `help`. */
export const run = async (args: readonly string[]): Promise<number> => {
  const request = readCallRequest(args);
  if (!request.ok) {
    if (request.help) {
      await write(process.stdout, help);
      return 0;
    }
    await write(process.stderr, `tandem call: ${request.why}\n`);
    if (request.json)
      await write(
        process.stdout,
        `${JSON.stringify({ connected: false, status: null, q850: null, code: 'bad-request', why: [request.why] })}\n`,
      );
    return 2;
  }
  const { json, portBase } = request;
  const instance = findInstance(portBase);
  if (!instance?.twin) {
    const why = `no instance with the twin runs at port base ${portBase}: start one with npm start${portBase === portBaseBounds.default ? '' : ` -- --port-base ${portBase}`}`;
    await write(process.stderr, `tandem call: ${why}\n`);
    if (json)
      await write(
        process.stdout,
        `${JSON.stringify({ connected: false, status: null, q850: null, code: 'no-instance', why: [why] })}\n`,
      );
    return 2;
  }
  if (!json) await write(process.stderr, `${request.from} calls ${request.to} ...\n`);
  const result = await placeCall(instance, request).catch(
    (error: Error): TwinResult => ({
      connected: false,
      status: null,
      q850: null,
      reason: `the twin did not place the call: ${error.message}`,
    }),
  );
  const view = result.sipCallId ? await platformView(instance, result.sipCallId) : {};
  await write(process.stdout, json ? `${JSON.stringify(callJson(result, view))}\n` : callText(result, view));
  return result.connected && result.heardEachOther ? 0 : 1;
};

async function placeCall(
  instance: InstanceFile,
  request: { from: string; to: string; seconds: number; transport: 'udp' | 'tcp' | 'tls' },
): Promise<TwinResult> {
  const to = request.to.includes('@') ? await numberOf(instance, request.to) : request.to;
  const { from, seconds, transport } = request;
  const answer = await fetch(`${instance.twin?.control}/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${instance.controlToken}` },
    body: JSON.stringify({ from, to, seconds, transport }),
  });
  const body = (await answer.json()) as TwinResult & { detail?: string };
  if (!answer.ok) throw new Error(body.detail ?? `status ${answer.status}`);
  return body;
}

/**
 * People dial numbers: a Teams user as callee is called by the number that Microsoft has for them, else by the one that
 * the platform has, so that it is the platform that says why nobody rings.
 */
async function numberOf(instance: InstanceFile, upn: string): Promise<string> {
  const answer = await fetch(`${instance.twin?.control}/users/${encodeURIComponent(upn)}`, {
    headers: { authorization: `Bearer ${instance.controlToken}` },
  });
  const user = (await answer.json()) as { number?: string | null; detail?: string };
  if (!answer.ok) throw new Error(user.detail ?? `status ${answer.status}`);
  const number = user.number ?? (await platformNumberOf(instance, upn));
  if (!number)
    throw new Error(
      `${upn} has no number, neither at Microsoft nor on the platform, so nobody outside can dial them`,
    );
  return number;
}

async function platformNumberOf(instance: InstanceFile, upn: string): Promise<string | undefined> {
  const answer = await fetch(`${instance.api}/people?limit=200&search=${encodeURIComponent(upn)}`, {
    headers: { authorization: `Bearer ${instance.token}` },
  });
  if (!answer.ok) return undefined;
  const { items } = (await answer.json()) as { items: readonly Person[] };
  return items.find((person) => person.upn.toLowerCase() === upn.toLowerCase())?.numbers[0];
}

/** The record is closed a moment after the last BYE: asked for until it is there, for three seconds at most. */
async function platformView(instance: InstanceFile, sipCallId: string): Promise<PlatformView> {
  const ask = (path: string, accept: string): Promise<Response> =>
    fetch(`${instance.api}${path}`, { headers: { accept, authorization: `Bearer ${instance.token}` } });
  const deadline = performance.now() + 3_000;
  for (;;) {
    try {
      const list = await ask(`/calls?sipCallId=${encodeURIComponent(sipCallId)}`, 'application/json');
      const { items } = (await list.json()) as { items?: readonly { id: string }[] };
      const found = items?.[0];
      if (found) {
        const record = (await (await ask(`/calls/${found.id}`, 'application/json')).json()) as Call;
        const text = await ask(`/calls/${found.id}/ladder`, 'text/plain');
        return { record, ...(text.ok ? { ladder: await text.text() } : {}) };
      }
    } catch {
      // The API does not answer: the call was real all the same, and is reported without its record.
    }
    if (performance.now() > deadline) return {};
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
