/**
 * One answer to one challenge (RFC 3261 §22.2, §22.3). Threat T07: only requests that we started outside dialogs come
 * here, once each, and only with credentials that the caller gives for the realm.
 */
import { answerChallenge, challengesOf } from '../auth/client.ts';
import { cseqOf } from '../message/access.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { viaValue } from './compose.ts';
import type { Destination, Flow, UserAgentOptions } from './types.ts';

export type CredentialsFor = (challenge: {
  realm: string;
  proxy: boolean;
}) => { username: string; password: string } | undefined;

const CHALLENGEABLE = new Set(['INVITE', 'REGISTER', 'OPTIONS']);

/** The request again with credentials, a new branch and the next CSeq (§8.1.3.5); undefined when it cannot be. */
export function answered(
  request: SipRequest,
  response: SipResponse,
  credentials: CredentialsFor | undefined,
  how: { to: Flow | Destination; branch: string; cnonce: string; options: UserAgentOptions },
): SipRequest | undefined {
  if (!credentials || !CHALLENGEABLE.has(request.method)) return undefined;
  const headers = request.headers.clone();
  let any = false;
  for (const challenge of challengesOf(response)) {
    const login = credentials({ realm: challenge.realm, proxy: challenge.proxy });
    if (!login) continue;
    const answer = answerChallenge({
      challenge,
      username: login.username,
      password: login.password,
      method: request.method,
      uri: request.uri,
      cnonce: how.cnonce,
      nc: 1,
      body: request.body,
    });
    if (!any) headers.delete('authorization').delete('proxy-authorization');
    headers.append(answer.name, answer.value);
    any = true;
  }
  if (!any) return undefined;
  headers.set('Via', viaValue(how.to, how.branch, how.options));
  headers.set('CSeq', `${(cseqOf(request)?.number ?? 0) + 1} ${request.method}`);
  return { kind: 'request', method: request.method, uri: request.uri, headers, body: request.body };
}
